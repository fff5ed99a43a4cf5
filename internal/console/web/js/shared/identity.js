// Who uses a page: a rider, a driver or an operator, by an account, by the demo
// or by an outside provider. Tokens are renewed before they run out, by one tab
// for all, since a refresh token is good once.

import { callOpen, Problem, Unreachable } from './api.js';
import { keep, kept } from './keep.js';
import * as oidc from './oidc.js';

const EARLY = 60000; // ms before its end that a token is renewed

/** Nobody is signed in, or no longer. */
export class SignedOut extends Problem {}

export class Identity {
  #watchers = new Set();

  constructor(role, site) {
    Object.assign(this, { role, site, key: `cabstand.${role}` });
    this.held = kept(this.key);
    addEventListener('storage', ({ key }) => key === this.key && this.#hear());
  }

  /** Another tab signed in or out, or has new tokens. */
  #hear() {
    const before = this.held?.sub;
    this.held = kept(this.key);
    if (before !== this.held?.sub) this.#tell();
  }

  /** Calls fn when somebody else, or nobody, is signed in. */
  onChange(fn) {
    this.#watchers.add(fn);
  }

  #tell() {
    for (const fn of this.#watchers) fn();
  }

  get signedIn() {
    return this.held !== null;
  }

  /** The id of who is signed in. */
  get sub() {
    return this.held?.sub ?? '';
  }

  #hold(held) {
    const before = this.held?.sub;
    this.held = held;
    keep(this.key, held);
    if (before !== held?.sub) this.#tell();
  }

  async signInByPassword(id, password) {
    const tokens = await callOpen('POST', '/v1/auth/login', { id, password });
    if (tokens.role !== this.role) {
      await callOpen('POST', '/v1/auth/logout', { refresh_token: tokens.refresh_token }).catch(() => {});
      throw new Problem(403, { code: 'forbidden', detail: `This account is a ${tokens.role}’s: a ${this.role}’s is needed here.` });
    }
    this.#hold(ofAccount(tokens));
  }

  /** In the demo: as the visitor that this browser was before, or as a new one. */
  async signInToDemo() {
    this.#hold(await demoTokens(this.role, kept(`${this.key}.visitor`) ?? undefined));
    keep(`${this.key}.visitor`, this.sub);
  }

  /** With a token that was made on the server. It cannot be renewed. */
  async signInByToken(token) {
    const response = await fetch('/v1/drivers?limit=1', { headers: { Authorization: `Bearer ${token}` } });
    if (response.status === 401) throw new Problem(401, { detail: 'The token is not valid, or it ran out.' });
    if (response.status === 403) throw new Problem(403, { detail: `This token is not an ${this.role}’s.` });
    if (!response.ok) throw new Problem(response.status);
    const { sub, exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    this.#hold({ kind: 'token', access: token, sub, until: exp ? exp * 1000 : Infinity });
  }

  /** Leaves for the provider's page, and comes back to this one. */
  signInByProvider() {
    return oidc.leave(this.site.oidc);
  }

  /** Ends what leave began, where this page was opened by the provider. */
  async returned() {
    const tokens = await oidc.arrive(this.site.oidc);
    if (tokens) this.#hold(ofProvider(tokens));
  }

  async signOut() {
    const held = this.held;
    this.#hold(null);
    if (held?.kind === 'account') await callOpen('POST', '/v1/auth/logout', { refresh_token: held.refresh }).catch(() => {});
  }

  /** A token that still holds. Throws SignedOut or Unreachable. */
  async token() {
    if (!this.held) throw new SignedOut(401, { detail: 'Nobody is signed in.' });
    if (this.held.until - EARLY > Date.now()) return this.held.access;
    return this.renew(this.held.access);
  }

  /** Another token than the given one. */
  renew(old) {
    return alone(`${this.key}.renew`, async () => {
      this.held = kept(this.key) ?? this.held; // another tab may have done it
      if (!this.held) throw new SignedOut(401, { detail: 'Nobody is signed in.' });
      if (this.held.access === old) await this.#replace();
      return this.held.access;
    });
  }

  async #replace() {
    try {
      this.#hold(await this.#successor());
    } catch (err) {
      if (err instanceof Unreachable || err.status >= 500 || err.status === 429) {
        if (this.held.until > Date.now()) return; // the old one does for now
        throw err;
      }
      this.#hold(null);
      throw new SignedOut(401, { detail: 'You were signed out. Please sign in again.' });
    }
  }

  async #successor() {
    const { kind, refresh, sub } = this.held;
    if (kind === 'token') throw new SignedOut(401, { detail: 'The token ran out.' });
    if (kind === 'demo') return demoTokens(this.role, sub);
    if (kind === 'provider') return ofProvider(await oidc.refresh(this.site.oidc, refresh), this.held);
    return ofAccount(await callOpen('POST', '/v1/auth/refresh', { refresh_token: refresh }));
  }

  /** Asks whether the token still holds, and renews it where it does not. */
  async check() {
    const token = await this.token();
    const response = await fetch('/v1/trips?limit=1', { headers: { Authorization: `Bearer ${token}` } });
    if (response.status === 401) await this.renew(token);
  }
}

/** Runs fn while no other tab runs one of the same name. */
function alone(name, fn) {
  return navigator.locks ? navigator.locks.request(name, fn) : fn();
}

const ofAccount = ({ access_token: access, refresh_token: refresh, expires_in: s, account_id: sub }) => ({
  kind: 'account', access, refresh, sub, until: Date.now() + s * 1000,
});

const ofProvider = ({ access, refresh, sub, seconds }, before) => ({
  kind: 'provider', access, refresh: refresh ?? before?.refresh, sub, until: Date.now() + seconds * 1000,
});

const DAY = 24 * 3600 * 1000;

async function demoTokens(role, visitor) {
  const ask = (sub) => callOpen('POST', '/v1/demo/token', { role, sub });
  const { token, sub = `visitor-${role}`, expires_at: end } = await ask(visitor).catch((err) => {
    if (visitor && err.status >= 400 && err.status < 500 && err.status !== 429) return ask(); // not a visitor any more
    throw err;
  });
  return { kind: 'demo', access: token, sub, until: end ? Date.parse(end) : Date.now() + DAY };
}
