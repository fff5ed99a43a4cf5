// What the page does when its stream ends or goes quiet.

import assert from 'node:assert/strict';

const FELL_BEHIND = 4008;
const RESTART = 1012;

const becomes = (page, state) => page.waitForFunction((s) => cabstand.state() === s, state, { timeout: 40000, polling: 20 });

/**
 * Puts itself between the page and the server. Gives back what it sees:
 * connections, each with the subscriptions that the page sent, and a switch
 * that holds back the server's frames.
 */
async function between(page) {
  const seen = { connections: [], quiet: false };
  await page.routeWebSocket('**/v1/stream*', (socket) => {
    const connection = { socket, subscriptions: [] };
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      connection.subscriptions.push(JSON.parse(message));
      server.send(message);
    });
    server.onMessage((message) => { if (!seen.quiet) socket.send(message); });
    seen.connections.push(connection);
  });
  return seen;
}

/** Ends and silences the page's stream, and checks that it finds back. */
export async function streamRecovers(context, address) {
  const page = await context.newPage();
  const seen = await between(page);
  await page.goto(address);
  await page.waitForFunction(() => window.cabstand?.state() === 'live' && cabstand.drivers().length > 0);
  const last = () => seen.connections.at(-1);

  await last().socket.close({ code: FELL_BEHIND });
  await until(() => seen.connections.length === 2 && last().subscriptions.length === 1, 'no subscription after 4008');
  assert.deepEqual(last().subscriptions[0], seen.connections[0].subscriptions.at(-1), 'another part of the map than before');

  await becomes(page, 'live');
  await last().socket.close({ code: RESTART });
  await becomes(page, 'reconnecting');
  await becomes(page, 'live');
  assert.equal(seen.connections.length, 3);

  last().socket.send(JSON.stringify({ type: 'stale', since: '2026-05-01T08:00:00Z' }));
  await becomes(page, 'stale');
  assert.match(await page.textContent('#panel .late'), /What moves is late since .*Cars stand still/);
  last().socket.send(JSON.stringify({ type: 'fresh' }));
  await becomes(page, 'live');
  await page.waitForSelector('#panel .late', { state: 'detached' });

  seen.quiet = true; // a connection that is dead, and nobody said so
  await becomes(page, 'reconnecting');
  seen.quiet = false;
  await becomes(page, 'live');

  const before = last().subscriptions.length;
  await page.evaluate(() => { location.hash = '#map=15/0/0'; });
  await until(() => last().subscriptions.length > before, 'no subscription after the view moved');
  const [w, s, e, n] = last().subscriptions.at(-1).bbox;
  assert.ok(w < 0 && e > 0 && s < 0 && n > 0, `subscribed to ${[w, s, e, n]}, looking at 0, 0`);
  await page.waitForFunction(() => cabstand.drivers().length === 0, null, { timeout: 30000 }); // those of the city are out of view
  await page.close();
}

/** Polls a condition of this process: its events come from the browser. */
async function until(condition, complaint) {
  const deadline = Date.now() + 20000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, complaint);
    await new Promise(setImmediate);
  }
}
