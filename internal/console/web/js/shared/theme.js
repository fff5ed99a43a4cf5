// Light and dark: what the system wants, or what was chosen here. The colours
// live in the style sheet alone; the map reads them from there.

const KEY = 'cabstand.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;

/** Sets the theme, now and when the system's changes. */
export function startTheme() {
  const apply = () => { root.dataset.theme = chosen() ?? (system.matches ? 'dark' : 'light'); };
  apply();
  system.addEventListener('change', apply);
}

/** The other theme from now on. */
export function switchTheme() {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  localStorage.setItem(KEY, root.dataset.theme);
}

export const isDark = () => root.dataset.theme === 'dark';

const chosen = () => localStorage.getItem(KEY);

/** Sets the theme, and lets the button change it. */
export function initTheme(button) {
  startTheme();
  const tell = () => button.setAttribute('aria-pressed', String(isDark()));
  tell();
  onTheme(tell);
  button.addEventListener('click', switchTheme);
}

/** Calls fn after each change of the theme. What it gives back ends that. */
export function onTheme(fn) {
  const watcher = new MutationObserver(fn);
  watcher.observe(root, { attributeFilter: ['data-theme'] });
  return () => watcher.disconnect();
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
