// How requests and drivers are paired: the policy of the installation, and areas
// with policies of their own.

import { html, useEffect } from '../shared/html.js';
import { policyNames } from '../shared/format.js';
import { useStore } from '../shared/store.js';
import { drawArea } from './area.js';
import { FormDialog, openDialog } from './dialog.js';
import { Icon } from './icons.js';
import { PolicyFields, readPolicy, since, terms } from './policy.js';
import { href, selecting } from './route.js';
import { Facts, Note, Section } from './ui.js';
import { duration, plain } from '../shared/format.js';

export function Matching({ app }) {
  const { told } = useStore(app.policy);
  return html`
    <${Section} level="2" title="The whole installation" id="policy" more=${told && html`<button type="button" class="second small" id="policy-open" onClick=${() => changePolicy(app)}>Change…</button>`}>
      ${!told && html`<${Note} loading />`}
      ${told && html`<p><b class="big" id="policy-name">${policyNames[told.in_force.policy]}</b></p>
        <p id="policy-terms" class="soft">${terms(told.in_force)}</p><p id="policy-since" class="soft">${since(told)}</p>
        <${Details} policy=${told.in_force} />`}
    <//>
    ${app.has('/v1/areas') && html`<${Areas} app=${app} />`}`;
}

function Details({ policy: p }) {
  return html`<details class="more-facts"><summary>All settings</summary><${Facts} rows=${[
    ['Requests are gathered for', `${plain(p.window_s)} s`], ['Longest way to a pickup', duration(p.pickup_cap_s)],
    ['Price of an unserved request', p.unserved_s ? duration(p.unserved_s) : 'the longest way'], ['Priority of each second waited', `${plain(p.aging)} s`],
    ['Preference for idle drivers', `${plain(p.fairness)} s a second`], ['Swaps', p.swap ? `looked for every ${plain(p.swap_every_s)} s` : 'off'],
    p.swap && ['A swap saves more than', duration(p.swap_threshold_s)], p.swap && ['No rider loses more than', p.swap_loss_s ? duration(p.swap_loss_s) : 'any time'],
    p.swap && ['Swaps reach free drivers', p.swap_idle ? 'yes' : 'no'], ['Next trip offered ahead', p.forward_s ? duration(p.forward_s) : 'never'],
  ]} /></details>`;
}

function changePolicy(app) {
  const { told } = app.policy.state;
  openDialog(PolicyDialog, { app, told });
}

function PolicyDialog({ app, told, close }) {
  const reset = () => app.policy.reset().then(close);
  return html`<${FormDialog} title="Matching policy" verb="Apply" close=${close} done="The policy is in force from the next tick on."
      act=${(_, form) => app.policy.change(readPolicy(form, told.in_force))}
      extra=${html`<button type="button" class="second" id="policy-reset" onClick=${reset}>As configured</button>`}>
    <${PolicyFields} policy=${told.in_force} />
    <p class="soft">Every dispatcher goes by it from its next tick on. Trips that are assigned stay as they are.</p><//>`;
}

function Areas({ app }) {
  const { areas, error } = useStore(app.areas);
  useEffect(() => { app.areas.look(); }, []);
  return html`<${Section} level="2" title="Areas" more=${html`<button type="button" class="second small" id="area-draw" onClick=${() => drawArea(app)}><${Icon} name="plus" />Draw an area</button>`}>
    <p class="soft">Requests whose pickup lies in an area with a policy are matched by it.</p>
    <${Note} error=${error}>${areas && !areas.length ? 'No areas yet.' : ''}<//>
    <ul class="rows tall" id="areas">${(areas ?? []).map((a) => html`<li key=${a.id}><a href=${href(selecting('area', a.id))}>
      <i class="swatch" style=${{ background: a.color || 'var(--link)' }} /><span class="grow"><b>${a.name}</b>
      <small>${a.policy ? `${policyNames[a.policy.policy]} · ${terms(a.policy)}` : 'No policy of its own'}</small></span></a></li>`)}</ul><//>`;
}
