// Light and dark: what the system wants, or what was chosen here. The colours
// live in the style sheet alone; the map reads them from there.

const KEY = 'cabstand.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;

/** Sets the theme, and lets the button change it. */
export function initTheme(button) {
  const apply = () => {
    root.dataset.theme = localStorage.getItem(KEY) ?? (system.matches ? 'dark' : 'light');
    button.setAttribute('aria-pressed', String(root.dataset.theme === 'dark'));
  };
  apply();
  system.addEventListener('change', apply);
  button.addEventListener('click', () => {
    localStorage.setItem(KEY, root.dataset.theme === 'dark' ? 'light' : 'dark');
    apply();
  });
}

/** Calls fn after each change of the theme. */
export function onTheme(fn) {
  new MutationObserver(fn).observe(root, { attributeFilter: ['data-theme'] });
}

/** The value of a custom property: colour('water') is --water. */
export function colour(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

/** A colour "#rrggbb" as three numbers from 0 to 1. */
export function channels(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the user asked for less motion. */
export const reducedMotion = () => calm.matches;
