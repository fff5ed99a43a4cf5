// The rider's PIN, before a ride starts.

import { html, useState } from '../shared/html.js';

export function PinEntry({ wrong, onPin }) {
  const [digits, write] = useState('');
  const submit = (event) => {
    event.preventDefault();
    if (digits.length === 4) onPin(digits);
  };
  return html`<form class="pin-entry" onSubmit=${submit}>
    <label for="pin">Ask the rider for the PIN</label>
    <input id="pin" inputmode="numeric" autocomplete="off" maxlength="4" pattern="[0-9]{4}" value=${digits} aria-invalid=${wrong} aria-describedby="pin-wrong"
      onInput=${(event) => write(event.target.value.replace(/\D/g, ''))} />
    <p id="pin-wrong" class="wrong" role="alert">${wrong && !digits ? 'That is not the rider’s PIN.' : ''}</p>
    <button type="submit" class="main good tall" disabled=${digits.length !== 4}>Start the ride</button>
  </form>`;
}
