// A Valhalla server of a few lines: Valhalla itself, by its Node binding, behind
// the one address of its HTTP interface that Cabstand uses.
//
//   node server.mjs EXTRACT.osm.pbf FOLDER
//
// builds the tiles of the extract in the folder, then prints where it listens
// and serves until its standard input ends.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { Actor } from '@valhallajs/valhallajs';

const [extract, folder] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const bin = join(dirname(require.resolve('@valhallajs/valhallajs')), process.platform, process.arch);

// What Valhalla does not start without; all else is its own default.
const config = {
  mjolnir: { tile_dir: join(folder, 'tiles'), concurrency: 2, logging: { type: '' } },
  loki: {
    actions: ['sources_to_targets', 'status'],
    logging: { type: '' },
    service_defaults: {
      radius: 0, minimum_reachability: 50, search_cutoff: 35000, node_snap_tolerance: 5,
      street_side_tolerance: 5, street_side_max_distance: 1000, heading_tolerance: 60,
    },
  },
  thor: { logging: { type: '' } },
  meili: { default: { breakage_distance: 2000 } },
  service_limits: {
    auto: { max_distance: 5e6, max_locations: 20, max_matrix_distance: 4e5, max_matrix_location_pairs: 50 },
    pedestrian: {
      max_distance: 2.5e5, max_locations: 50, max_matrix_distance: 2e5, max_matrix_location_pairs: 50,
      min_transit_walking_distance: 1, max_transit_walking_distance: 10000,
    },
    isochrone: { max_contours: 4, max_distance: 25000, max_locations: 1, max_time_contour: 120, max_distance_contour: 200 },
    trace: { max_distance: 2e5, max_gps_accuracy: 100, max_search_radius: 100, max_shape: 16000, max_alternates: 3, max_alternates_shape: 100 },
    skadi: { max_shape: 750000, min_resample: 10 },
    max_alternates: 2, max_exclude_locations: 50, max_exclude_polygons_length: 10000, max_radius: 200, max_reachability: 100,
  },
};

mkdirSync(config.mjolnir.tile_dir, { recursive: true });
const file = join(folder, 'config.json');
writeFileSync(file, JSON.stringify(config));
execFileSync(join(bin, 'valhalla_build_tiles'), ['-c', file, extract], {
  cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], // it leaves lists of what it dropped where it runs
});
const actor = new Actor(config);

// The binding hands on the text of a refusal; the server of Valhalla says its
// code besides.
const codes = [
  [/exceeds the max distance limit/, 154],
  [/Exceeded max locations/, 150],
  [/unconnected regions/, 170],
  [/No suitable edges/, 171],
];

function refusal(error) {
  const text = error.message.replace(/^Matrix error: /, '');
  const [, code] = codes.find(([pattern]) => pattern.test(text)) ?? [null, 199];
  return { error_code: code, error: text, status_code: 400, status: 'Bad Request' };
}

async function answer(request, body) {
  try {
    if (request.method === 'GET' && request.url === '/status') return [200, await actor.status('{}')];
    if (request.method !== 'POST' || request.url !== '/sources_to_targets') {
      return [404, JSON.stringify({ error_code: 106, error: 'Try any of: sources_to_targets, status', status_code: 404 })];
    }
    return [200, await actor.matrix(body)];
  } catch (error) {
    return [400, JSON.stringify(refusal(error))];
  }
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const [status, text] = await answer(request, body);
  response.writeHead(status, { 'Content-Type': 'application/json;charset=utf-8' }).end(text);
});
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
