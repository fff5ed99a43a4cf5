// Switches the policy in the page, and asks the interface what is in force.

import assert from 'node:assert/strict';

/** An operator of the test's own, beside the one who looks at the page. */
async function operator(address) {
  const json = { 'Content-Type': 'application/json' };
  const call = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, address), { method, headers: { ...json, ...headers }, body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const { token } = await call('POST', '/v1/demo/token', { role: 'operator' });
  return (method, body) => call(method, '/v1/policy', body, { Authorization: `Bearer ${token}` });
}

const named = (page, name) => page.waitForFunction((want) => document.querySelector('#policy-name')?.textContent === want, name);
const closed = (page) => page.waitForSelector('dialog', { state: 'detached' });

export async function policySwitches(page, address) {
  const policy = await operator(address);
  const before = await policy('GET');
  await page.keyboard.press('5');
  await named(page, 'Optimal');
  assert.ok(page.url().includes('view=matching'), 'the address does not name the view');
  assert.equal(await page.textContent('#policy-since'), 'As configured');
  assert.match(await page.textContent('#policy-terms'), /^every 0.5 s · 1 swap a trip · next trip 1 min ahead$/);

  await page.click('#policy-open');
  await page.check('dialog [value="greedy"]');
  await page.uncheck('dialog [name="swap"]');
  assert.ok(await page.isDisabled('#max_swaps'), 'swaps are off, and still ask how many');
  await page.fill('#window_s', '99');
  await page.click('dialog [type="submit"]');
  assert.ok(await page.isVisible('dialog'), 'a window of 99 s is taken');
  await page.fill('#window_s', '1.5');
  await page.click('dialog [type="submit"]');
  await closed(page);
  await named(page, 'Greedy');
  const after = await policy('GET');
  assert.deepEqual(after.in_force, { ...before.in_force, policy: 'greedy', swap: false, window_s: 1.5 });
  assert.deepEqual(after.configured, before.in_force);
  assert.match(after.set_by, /^visitor-operator/);
  assert.match(await page.textContent('#policy-since'), /^Since .*, by visitor-operator/);

  await policy('PUT', { ...after.in_force, policy: 'fifo', max_swaps: 5, swap: true }); // somebody else switches
  await named(page, 'First come');
  await page.click('#policy-open');
  assert.equal(await page.inputValue('#max_swaps'), '5');
  assert.ok(await page.isChecked('dialog [value="fifo"]'));
  await page.click('#policy-reset');
  await closed(page);
  await named(page, 'Optimal');
  const end = await policy('GET');
  assert.deepEqual(end, before);
  await page.keyboard.press('1');
}

/** The drawer of a trip tells who could have served it, and whom it was offered to. */
export async function decisionsAreTold(page) {
  const driver = await page.getAttribute('#drawer .facts a[href*="driver="]', 'title');
  await page.waitForSelector('#decisions .decision');
  const chosen = await page.$$eval('#decisions .chosen', (rows) => rows.map((r) => [r.querySelector('a').title, ...[...r.children].slice(1).map((c) => c.textContent)]));
  assert.ok(chosen.some(([id, away, pickup, cost]) => id === driver && / k?m$/.test(away) && / s| min/.test(pickup) && cost), `${driver} is not among the chosen: ${JSON.stringify(chosen)}`);
  assert.match(await page.textContent('#decisions .decision'), /Optimal · times by road graph.*Drivers priced/s);
}
