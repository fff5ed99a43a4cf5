// Who may sign in.

import { html } from '../shared/html.js';
import { FormDialog, openDialog } from './dialog.js';
import { Icon } from './icons.js';
import { Moment, More, Note } from './ui.js';
import { usePages } from './use.js';

const roles = { rider: 'Rider', driver: 'Driver', operator: 'Operator' };

export function Accounts({ app }) {
  const { items, error, loading, more, reload } = usePages(app, '/v1/accounts', 'accounts');
  const elsewhere = error?.status === 404;
  return html`<div class="tools"><span class="soft">Accounts that may sign in</span>
      ${!elsewhere && html`<button type="button" class="primary" id="account-add" onClick=${() => addAccount(app, reload)}><${Icon} name="plus" />Add</button>`}</div>
    <${Note} error=${elsewhere ? { message: 'Accounts are kept elsewhere: by the provider that this server trusts.' } : error} loading=${loading}>
      ${items.length || loading ? '' : 'No accounts yet. The first operator is made on the server.'}<//>
    <ul class="lines" id="accounts">${items.map((a) => html`<li key=${a.id} class="with">
      <span><b>${a.id}</b> <small class="soft">${roles[a.role]} since <${Moment} at=${a.created_at} /></small></span>
      ${a.disabled ? html`<b class="badge status-silent"><i aria-hidden="true" />Disabled</b>`
        : html`<button type="button" class="second small" onClick=${() => disableAccount(app, a, reload)} aria-label=${`Disable ${a.id}`}>Disable…</button>`}</li>`)}</ul>
    <${More} more=${more} />`;
}

function addAccount(app, reload) {
  openDialog(FormDialog, {
    title: 'Let somebody sign in', verb: 'Add the account', done: 'The account is added.',
    act: async ({ id, role, password }) => {
      await app.api.call('POST', '/v1/accounts', { id: id.trim(), role, password });
      reload();
    },
    children: html`<div class="pair"><label class="field"><span>Account</span><input name="id" required maxlength="64" pattern="[A-Za-z0-9_\\-]+" autocomplete="off" spellcheck=${false} /></label>
        <label class="field"><span>Role</span><select name="role" required><option value="">Choose…</option><option value="rider">Rider</option><option value="driver">Driver</option><option value="operator">Operator</option></select></label></div>
      <label class="field"><span>Password <small>12 characters or more</small></span><input name="password" type="password" required minlength="12" maxlength="256" autocomplete="new-password" /></label>
      <p class="soft">A driver’s account has the id of the driver in the registry.</p>`,
  });
}

function disableAccount(app, { id }, reload) {
  openDialog(FormDialog, {
    title: `Disable ${id}?`, verb: 'Disable the account', danger: true, done: 'The account is disabled.',
    act: async () => {
      await app.api.call('DELETE', `/v1/accounts/${encodeURIComponent(id)}`);
      reload();
    },
    children: html`<p>It signs in no more, and its sessions end. The id stays taken: trips are kept under it.</p>`,
  });
}
