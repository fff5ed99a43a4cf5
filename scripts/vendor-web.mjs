// Fetches the pinned libraries of the web pages from npm by package name and puts
// the files that the pages load, with their licences, into
// internal/console/web/vendor. vendor.json there has the version, the licence and
// the checksum of each file; the script fails where npm gives other files. To
// move to another version:
//
//   scripts/vendor-web.mjs preact@11.2.1
//
// Browsers cannot resolve an import by a package's name, so those that vendor.json
// names under "imports" are made relative; checksums are of the files as served.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const vendor = join(dirname(fileURLToPath(import.meta.url)), '../internal/console/web/vendor');
const list = join(vendor, 'vendor.json');
const { libraries } = JSON.parse(readFileSync(list));

/** The library's package, unpacked below folder. */
function unpack(name, version, folder) {
  const archive = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', archive], { cwd: folder });
  return join(folder, 'package');
}

/** The file as it is served: its text with the imports made relative. */
function served(content, imports = {}) {
  let text = content.toString();
  for (const [from, to] of Object.entries(imports)) text = text.replaceAll(`from"${from}"`, `from"${to}"`);
  return text;
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Writes one library's files; returns those whose checksum is not the pinned one. */
function refresh(library) {
  const folder = mkdtempSync(join(tmpdir(), 'vendor-'));
  try {
    const unpacked = unpack(library.name, library.version, folder);
    const changed = [];
    for (const [name, file] of Object.entries(library.files)) {
      if (!file.from) continue; // written by hand: a licence that the package lacks
      const text = served(readFileSync(join(unpacked, file.from)), library.imports);
      if (sha256(text) !== file.sha256) changed.push(name);
      file.sha256 = sha256(text);
      mkdirSync(join(vendor, library.name), { recursive: true });
      writeFileSync(join(vendor, library.name, name), text);
    }
    console.log(`${library.name} ${library.version}`);
    return changed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const moved = process.argv.slice(2).map((arg) => arg.split('@'));
for (const [name, version] of moved) {
  const library = libraries.find((l) => l.name === name);
  if (!library || !version) {
    console.error(`${name}: not accepted: one of ${libraries.map((l) => l.name).join(', ')}, as name@version`);
    process.exit(2);
  }
  library.version = version;
}
for (const library of libraries) {
  const changed = refresh(library);
  if (changed.length && !moved.some(([name]) => name === library.name)) {
    console.error(`${library.name} ${library.version}: not what was pinned: ${changed.join(', ')}`);
    process.exit(1);
  }
}
writeFileSync(list, `${JSON.stringify({ libraries }, null, 2)}\n`);
