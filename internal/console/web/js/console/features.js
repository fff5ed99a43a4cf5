// What the server offers, by its own description: a page may be newer than it.

import { callOpen } from '../shared/api.js';

const needs = { numbers: '/v1/numbers', audit: '/v1/audit', accounts: '/v1/accounts' };

/** has(path) and has("METHOD path"), filters(path, parameter), offers(view). */
export async function known() {
  const { paths = {} } = await callOpen('GET', '/openapi.json').catch(() => ({}));
  const has = (what) => {
    const [path, method] = what.split(' ').reverse();
    return path in paths && (!method || method.toLowerCase() in paths[path]);
  };
  return {
    has, filters: (path, name) => (paths[path]?.get?.parameters ?? []).some((p) => p.name === name),
    offers: (view) => !needs[view] || has(needs[view]), knowsVehicles: has('PATCH /v1/drivers/{id}'),
  };
}
