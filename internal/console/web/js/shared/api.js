// Calls of the interface, by the token of whoever is signed in.

/** What the server refused: its code never changes its meaning, the detail is for people. */
export class Problem extends Error {
  constructor(status, { code = '', detail, field = '' } = {}, retryAfter = 0) {
    super(detail ?? `The server answered ${status}.`);
    Object.assign(this, { status, code, field, retryAfter });
  }
}

/** The server could not be reached, or it did not answer. The call may have been heard. */
export class Unreachable extends Error {}

/** Whether the same call may succeed later: nobody was there, or there was too much to do. */
export const passing = (err) => err instanceof Unreachable || err.status === 429 || err.status >= 500;

const ANSWER = 15000; // ms; the server cuts off a request that takes longer

export class Api {
  /** identity gives tokens: {token(), renew()}. */
  constructor(identity) {
    this.identity = identity;
  }

  get(path) {
    return this.call('GET', path);
  }

  post(path, body, headers) {
    return this.call('POST', path, body, headers);
  }

  /** The answer's JSON, undefined where it has none. Throws Problem or Unreachable. */
  async call(method, path, body, headers = {}) {
    const token = await this.identity.token();
    const response = await ask(method, path, body, { ...headers, Authorization: `Bearer ${token}` });
    if (response.status !== 401) return read(response);
    const renewed = await this.identity.renew(token);
    return read(await ask(method, path, body, { ...headers, Authorization: `Bearer ${renewed}` }));
  }
}

/** A call that needs no token. */
export async function callOpen(method, path, body) {
  return read(await ask(method, path, body, {}));
}

async function ask(method, path, body, headers) {
  const options = { method, headers, signal: AbortSignal.timeout(ANSWER) };
  if (body !== undefined) {
    options.headers = { ...headers, 'Content-Type': 'application/json' };
    options.body = JSON.stringify(body);
  }
  try {
    return await fetch(path, options);
  } catch (err) {
    throw new Unreachable('There is no connection to the server.', { cause: err });
  }
}

async function read(response) {
  const text = await response.text().catch((err) => {
    throw new Unreachable('The answer did not arrive.', { cause: err });
  });
  const body = parse(text);
  if (response.ok) return body;
  throw new Problem(response.status, body, Number(response.headers.get('Retry-After')) || 0);
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined; // a proxy's page
  }
}
