// Signing in: one click in the demo, an account, or an outside provider.

import { html, useState } from './html.js';
import { Icon } from './icons.js';

/** What a page of the given role says before anybody is signed in. */
export function Entry({ identity, site, title, promise, note = '' }) {
  const [problem, fail] = useState(note);
  const [busy, work] = useState(false);
  const run = async (signIn) => {
    work(true);
    fail('');
    await signIn().catch((err) => fail(err.message));
    work(false);
  };
  return html`<main class="entry">
    <div class="entry-card">
      <img src="/assets/icon.svg" alt="" width="64" height="64" />
      <h1>${title}</h1>
      <p class="soft">${promise}</p>
      ${problem && html`<p class="wrong" role="alert">${problem}</p>`}
      ${site.demo && html`<button type="button" class="main" disabled=${busy} onClick=${() => run(() => identity.signInToDemo())}>
        Try it as a ${identity.role}</button>
        <p class="fine">A demo city: nothing here costs anything, and nobody asks who you are.</p>`}
      ${site.sign_in.includes('oidc') && html`<button type="button" class="main" disabled=${busy} onClick=${() => run(() => identity.signInByProvider())}>
        Sign in with ${new URL(site.oidc.issuer).hostname}</button>`}
      ${!site.demo && site.sign_in.includes('password') && html`<${Password} busy=${busy} onSubmit=${(id, word) => run(() => identity.signInByPassword(id, word))} />`}
    </div>
  </main>`;
}

function Password({ busy, onSubmit }) {
  const submit = (event) => {
    event.preventDefault();
    const { account, password } = event.target.elements;
    onSubmit(account.value.trim(), password.value);
  };
  return html`<form onSubmit=${submit} class="fields">
    <label for="account">Account</label>
    <input id="account" name="account" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required />
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required />
    <button type="submit" class="main" disabled=${busy}><${Icon} name="lock" />Sign in</button>
  </form>`;
}
