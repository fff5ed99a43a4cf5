// Chromium for the test, and what a page must never do.

import { chromium } from 'playwright-core';

/** WebGL without a graphics card, and a browser that calls nobody by itself. */
const FLAGS = [
  '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** ms that one step may take where all tests share few cores. */
export const PATIENCE = 120000;

/**
 * How pages are looked at. Without a graphics card most of a test's time goes into pictures of
 * the map: where it is not the subject, marks jump.
 */
export const sizes = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce' },
  phone: { viewport: { width: 360, height: 740 }, colorScheme: 'light', reducedMotion: 'reduce', isMobile: true, hasTouch: true },
};

/** Starts the Chromium of the given path. Root may not use the sandbox. */
export function launch(executablePath) {
  const root = process.getuid?.() === 0;
  return chromium.launch({ executablePath, args: root ? [...FLAGS, '--no-sandbox'] : FLAGS });
}

/**
 * Opens the address in a page of its own. complaints collects whatever the page
 * must not do: errors, warnings of its own, requests to another host.
 */
export async function open(browser, address, options, complaints) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const { host } = new URL(address);
  page.on('pageerror', (err) => complaints.push(`error: ${err.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  const foreign = (url) => {
    const { host: other, protocol } = new URL(url);
    if (other !== host && protocol !== 'data:') complaints.push(`request to ${url}`);
  };
  page.on('request', (request) => foreign(request.url()));
  page.on('websocket', (socket) => foreign(socket.url()));
  await page.goto(address);
  await page.waitForFunction(() => window.cabstand?.state() === 'live');
  return page;
}

/** Waits until the drawer shows a trip or driver, and the address names it. */
export function drawerIs(page, kind, id, timeout = PATIENCE) {
  return page.waitForFunction(([what, want]) => {
    const drawer = document.querySelector('#drawer');
    return drawer?.dataset.kind === what && drawer.dataset.id === want && location.hash.includes(`${what}=${want}`);
  }, [kind, id], { timeout });
}

/** How many pixels of the page's picture there are of each colour, "r,g,b". */
export async function colours(browser, page, clip) {
  const picture = (await page.screenshot({ clip })).toString('base64');
  const blank = await browser.newPage();
  try {
    return new Map(await blank.evaluate(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      const { data: bytes } = canvas.getImageData(0, 0, image.width, image.height);
      const counts = new Map();
      for (let i = 0; i < bytes.length; i += 4) {
        const key = `${bytes[i]},${bytes[i + 1]},${bytes[i + 2]}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return [...counts];
    }, picture));
  } finally {
    await blank.close();
  }
}

/** A custom property "#rrggbb" of the page as "r,g,b". */
export function rgb(page, property) {
  return page.evaluate((name) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join();
  }, property);
}
