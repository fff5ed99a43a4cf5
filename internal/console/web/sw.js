// The service worker: keeps the shell of the rider's and the driver's page, so
// that a reload without a connection still opens them. What people do is never
// kept here: the pages do that themselves.

const SHELL = 'cabstand.shell';
const PATIENCE = 4000; // ms for the network, before what is kept has to do

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const shell = /^\/(ride|drive)$|^\/assets\/|^\/v1\/map/.test(pathname);
  if (event.request.method === 'GET' && origin === self.location.origin && shell) event.respondWith(newest(event.request, pathname));
});

/** The server's, so that a new version is seen at once; the kept one where the server is not there. */
async function newest(request, name) {
  const cache = await caches.open(SHELL);
  try {
    const response = await within(fetch(request));
    if (response.ok) await cache.put(name, response.clone());
    return response;
  } catch {
    return (await cache.match(name)) ?? fetch(request);
  }
}

function within(answer) {
  return Promise.race([answer, new Promise((_, fail) => { setTimeout(() => fail(new Error('no answer in time')), PATIENCE); })]);
}
