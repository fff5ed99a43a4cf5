// Signing in: with an account, at an outside provider, or with a token.

import { html, useState } from '../shared/html.js';

export function SignIn({ identity, site, note }) {
  const [problem, tell] = useState(note);
  const [busy, work] = useState(false);
  const run = (act) => async (e) => {
    e.preventDefault();
    work(true);
    tell('');
    await act(new FormData(e.target)).catch((err) => tell(err.message));
    work(false);
  };
  const byPassword = run((form) => identity.signInByPassword(form.get('account').trim(), form.get('password')));
  const byToken = run((form) => identity.signInByToken(form.get('token').trim()));
  const password = site.sign_in.includes('password');
  return html`<section id="sign-in" class="box" aria-labelledby="sign-in-title">
    <img src="/assets/icon.svg" alt="" width="48" height="48" />
    <h1 id="sign-in-title">Cabstand</h1><p class="soft">Sign in as an operator of ${site.name || 'this city'}.</p>
    <p id="sign-in-error" class="bad" role="alert">${problem}</p>
    ${site.sign_in.includes('oidc') && html`<button type="button" class="primary" disabled=${busy} onClick=${() => identity.signInByProvider().catch((err) => tell(err.message))}>Sign in with ${new URL(site.oidc.issuer).hostname}</button>`}
    ${password && html`<form id="by-password" onSubmit=${byPassword}>
      <label class="field"><span>Account</span><input name="account" autocomplete="username" required maxlength="64" autocapitalize="none" spellcheck=${false} /></label>
      <label class="field"><span>Password</span><input name="password" type="password" autocomplete="current-password" required maxlength="256" /></label>
      <button type="submit" class="primary" disabled=${busy}>Sign in</button></form>`}
    <details open=${!password && !site.oidc}><summary>With a token</summary>
      <form id="by-token" onSubmit=${byToken}>
        <p class="soft">Make one on the server: <code>dispatcher token --role operator --sub you</code> with <code>--data FOLDER</code> of an embedded instance, or <code>--auth-key</code>.</p>
        <label class="field"><span>Token</span><input name="token" type="password" autocomplete="off" required spellcheck=${false} /></label>
        <button type="submit" class=${password ? 'second' : 'primary'} disabled=${busy}>Open the console</button></form></details>
  </section>`;
}
