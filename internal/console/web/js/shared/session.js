// Who looks: an operator's token, from the demo or from the sign-in box.

const KEY = 'cabstand.token';

/** The server refused the token. */
export class Refused extends Error {}

export class Session {
  #token = null;

  constructor({ demo }) {
    this.demo = demo;
    if (!demo) this.#token = sessionStorage.getItem(KEY);
  }

  /** The token, null where somebody has to sign in first. */
  async token() {
    if (this.demo && !this.#token) this.#token = await demoToken('operator');
    return this.#token;
  }

  /** Tries the token and keeps it, in this tab only. Throws Refused. */
  async signIn(token) {
    await check(token);
    this.#token = token;
    sessionStorage.setItem(KEY, token);
  }

  /** Forgets the token; the demo gets itself another. */
  drop() {
    this.#token = null;
    sessionStorage.removeItem(KEY);
  }

  /** GETs a path of the interface. The answer is null where there is nothing. */
  async get(path) {
    const response = await fetch(path, { headers: authorization(await this.token()) });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(await problem(response));
    return response.json();
  }

  /** Sends JSON to a path of the interface. Throws what the server says about it. */
  async send(method, path, body) {
    const headers = { ...authorization(await this.token()), ...(body ? { 'Content-Type': 'application/json' } : {}) };
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(await problem(response));
    return response.json();
  }

  /** Whether the token still holds; a network that is down says nothing about it. */
  async holds() {
    try {
      await check(await this.token());
      return true;
    } catch (err) {
      return !(err instanceof Refused);
    }
  }
}

async function demoToken(role) {
  const response = await fetch('/v1/demo/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ role }),
  });
  if (!response.ok) throw new Error(await problem(response));
  return (await response.json()).token;
}

/** A cheap call that only operators may make tells whether the token is good. */
async function check(token) {
  const response = await fetch('/v1/drivers?limit=1', { headers: authorization(token) });
  if (response.status === 401) throw new Refused('The token is not valid, or it ran out.');
  if (response.status === 403) throw new Refused('This token is not an operator’s.');
  if (!response.ok) throw new Error(await problem(response));
}

const authorization = (token) => ({ Authorization: `Bearer ${token}` });

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  return body.detail ?? `The server answered ${response.status}.`;
}
