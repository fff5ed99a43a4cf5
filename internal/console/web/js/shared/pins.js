// Pins: where a ride begins, where it ends, where somebody is.

/** A pin's element; its point is at its lower end. */
export function pin(kind, label) {
  const element = document.createElement('div');
  element.className = `pin pin-${kind}`;
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', names[kind] ?? label);
  if (label) {
    const text = document.createElement('span');
    text.textContent = label;
    element.append(text);
  }
  element.append(document.createElement('i'));
  return element;
}

const names = { pickup: 'Pickup', dropoff: 'Drop-off', me: 'Your position' };
