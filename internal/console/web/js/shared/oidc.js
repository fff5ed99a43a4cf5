// Sign-in at an outside OpenID Connect provider: the authorization code flow
// with PKCE, as a public client.

import { Problem, Unreachable } from './api.js';

const KEY = 'cabstand.oidc';

/** Goes to the provider's sign-in page. */
export async function leave(provider) {
  const { authorization_endpoint: page } = await endpoints(provider);
  const [verifier, state] = [random(), random()];
  const target = location.origin + location.pathname;
  sessionStorage.setItem(KEY, JSON.stringify({ verifier, state, target }));
  const address = new URL(page);
  const ask = {
    response_type: 'code', client_id: provider.client_id, redirect_uri: target, scope: provider.scope ?? 'openid',
    state, code_challenge: await challenge(verifier), code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(ask)) address.searchParams.set(name, value);
  location.assign(address);
}

/** The tokens for the code in the address; null where there is none. */
export async function arrive(provider) {
  const answer = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem(KEY));
  if (!begun || !answer.has('state')) return null;
  sessionStorage.removeItem(KEY);
  history.replaceState(null, '', location.pathname + location.hash); // a code is good once: not in the history
  if (answer.get('state') !== begun.state) throw new Problem(400, { detail: 'That sign-in was not begun here. Please try again.' });
  if (!answer.has('code')) throw new Problem(403, { detail: answer.get('error_description') ?? 'The provider did not sign you in.' });
  return exchange(provider, {
    grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: begun.target, code_verifier: begun.verifier,
  });
}

/** New tokens for a refresh token. */
export function refresh(provider, token) {
  if (!token) throw new Problem(401, { detail: 'The sign-in ran out.' });
  return exchange(provider, { grant_type: 'refresh_token', refresh_token: token });
}

async function exchange(provider, fields) {
  const { token_endpoint: address } = await endpoints(provider);
  const answer = await ask(address, { method: 'POST', body: new URLSearchParams({ ...fields, client_id: provider.client_id }) });
  if (!answer.id_token) throw new Problem(502, { detail: 'The provider gave no ID token.' });
  const { sub, exp } = claims(answer.id_token); // this one names us as its audience, so it is the one to show here
  const seconds = exp ? exp - Date.now() / 1000 : answer.expires_in ?? 300;
  return { access: answer.id_token, refresh: answer.refresh_token, seconds, sub };
}

/** Where the provider's pages are: as configured, or as it tells itself. */
async function endpoints(provider) {
  if (provider.authorization_endpoint && provider.token_endpoint) return provider;
  return ask(`${provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
}

async function ask(address, options) {
  const response = await fetch(address, options).catch((err) => {
    throw new Unreachable('The sign-in provider cannot be reached.', { cause: err });
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, { detail: body.error_description ?? 'The provider refused to sign you in.' });
  return body;
}

/** What a token says. Whether that is true, the server checks. */
function claims(token) {
  const part = token.split('.')[1] ?? '';
  try {
    return JSON.parse(atob(part.replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return { sub: '' }; // not readable by design of some providers
  }
}

const random = () => encode(crypto.getRandomValues(new Uint8Array(32)));

async function challenge(verifier) {
  return encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
