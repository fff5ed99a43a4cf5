// The little that the page needs to write itself.

/** The element that matches the selector. */
export const $ = (selector, root = document) => root.querySelector(selector);

/** A new element: h('a', {href: '#'}, 'text', child). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets an element's text, if it is another: screen readers and selections stay calm. */
export function setText(element, text) {
  const string = String(text);
  if (element.textContent !== string) element.textContent = string;
}

/**
 * Makes the children of a list the elements for the given items, in order. Those
 * that are there already, by key, are kept and moved only where they must.
 */
export function setList(list, items, key, make, update = () => {}) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const id = String(key(item));
    const child = old.get(id) ?? make(item);
    child.dataset.key = id;
    old.delete(id);
    update(child, item);
    if (list.children[i] !== child) list.insertBefore(child, list.children[i] ?? null);
  });
  for (const child of old.values()) child.remove();
}
