// The sign-in box, where there is no demo to hand out tokens.

import { $, setText } from './dom.js';

/** Opens the box and resolves when a token was accepted. */
export function signIn(session, reason = '') {
  const dialog = $('#sign-in');
  const form = $('form', dialog);
  const error = $('#sign-in-error');
  setText(error, reason);
  dialog.addEventListener('cancel', (e) => e.preventDefault()); // there is nothing behind it yet
  dialog.showModal();
  return new Promise((done) => {
    form.onsubmit = async (e) => {
      e.preventDefault();
      const button = $('button', form);
      button.disabled = true;
      try {
        await session.signIn($('input', form).value.trim());
        form.reset();
        dialog.close();
        done();
      } catch (err) {
        setText(error, err.message);
      } finally {
        button.disabled = false;
      }
    };
  });
}
