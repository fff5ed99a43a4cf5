// What the page costs while drivers move: node bench.mjs URL CHROMIUM SECONDS DRIVERS
//
// Prints one line of JSON for bench/console. Times are the main thread's
// processor time: other work on the machine does not count.

import { launch } from './browser.mjs';

const [address, executable, seconds, drivers] = process.argv.slice(2);
const views = [
  { name: 'the whole city, every driver', hash: '#map=12.2/44.205/-37.61', what: 'drivers' },
  { name: 'a quarter, every driver', hash: '#map=14.5/44.205/-37.61', what: 'drivers' },
  { name: 'far out, cells', hash: '#map=9.8/44.205/-37.61', what: 'cells' },
];

const browser = await launch(executable);
try {
  const told = [];
  for (const view of views) told.push(await measure(view));
  console.log(JSON.stringify(told));
} finally {
  await browser.close();
}

async function measure({ name, hash, what }) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(address + hash);
  const least = what === 'cells' ? 10 : Number(drivers);
  await page.waitForFunction(([kind, want]) => window.cabstand?.state() === 'live' && cabstand[kind]().length >= want, [what, least], { timeout: 120000 });
  await frames(page, 10);
  const before = await metrics(cdp);
  const drawn = await frames(page, Infinity, Number(seconds) * 1000);
  const after = await metrics(cdp);
  const spent = (key) => after[key] - before[key];
  const out = {
    name, marks: await page.evaluate((kind) => cabstand[kind]().length, what), seconds: after.Timestamp - before.Timestamp, task: spent('TaskDuration'), script: spent('ScriptDuration'),
    layout: spent('LayoutDuration') + spent('RecalcStyleDuration'), frames: drawn, heap: after.JSHeapUsedSize,
  };
  await page.close();
  return out;
}

async function metrics(cdp) {
  const { metrics: list } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

/** Waits for so many pictures of the map, or so long; gives back how many there were. */
function frames(page, count, ms = Infinity) {
  return page.evaluate(([most, time]) => new Promise((done) => {
    const [start, first] = [performance.now(), cabstand.frames()];
    const look = setInterval(() => {
      const drawn = cabstand.frames() - first;
      if (drawn < most && performance.now() - start < time) return;
      clearInterval(look);
      done(drawn);
    }, 100);
  }), [count === Infinity ? 1e9 : count, ms === Infinity ? 1e9 : ms]);
}
