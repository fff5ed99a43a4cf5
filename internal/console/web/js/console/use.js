// What the views are drawn again for: the city's news, and answers of the interface.

import { useEffect, useReducer, useState } from '../shared/html.js';

const count = (n) => n + 1;

/** Draws the component again a few times a second, with what the stream told. */
export function useTick(app) {
  const [, redraw] = useReducer(count, 0);
  useEffect(() => app.ticks.watch(redraw), [app]);
}

/**
 * The answer of a GET: {data, error, loading, reload}. It is asked again every so
 * many ms while the page is seen; a path of null asks nothing.
 */
export function useAnswer(app, path, every = 0) {
  const [answer, learn] = useState({});
  const [again, reload] = useReducer(count, 0);
  useEffect(() => {
    if (!path) return undefined;
    let [gone, timer] = [false, 0];
    const ask = async () => {
      const got = await app.api.get(path).then((data) => ({ data }), (error) => ({ error }));
      if (gone) return;
      learn((old) => ({ ...(old.path === path ? old : {}), error: undefined, ...got, path }));
      if (every) timer = setTimeout(seen, every);
    };
    const seen = () => { if (document.hidden) timer = setTimeout(seen, every); else ask(); };
    ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [app, path, every, again]);
  const mine = answer.path === path ? answer : {};
  return { data: mine.data, error: mine.error, loading: Boolean(path) && !mine.path, reload };
}

/** Pages of a list: {items, error, loading, more, reload}; more is null on the last. */
export function usePages(app, path, name) {
  const [state, learn] = useState({});
  const [again, reload] = useReducer(count, 0);
  const fetchPage = async (cursor, before) => {
    const address = `${path}${path.includes('?') ? '&' : '?'}limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const next = await app.api.get(address).then(
      (data) => ({ path, items: [...before, ...data[name]], cursor: data.next_cursor }),
      (error) => ({ path, items: before, error }),
    );
    return next;
  };
  useEffect(() => {
    let gone = false;
    if (path) fetchPage('', []).then((next) => { if (!gone) learn(next); });
    return () => { gone = true; };
  }, [app, path, again]);
  const mine = state.path === path ? state : {};
  const more = mine.cursor ? () => fetchPage(mine.cursor, mine.items).then(learn) : null;
  return { items: mine.items ?? [], error: mine.error, loading: Boolean(path) && !mine.path, more, reload };
}

/** Whether the window is as narrow as a phone. */
export const narrow = () => innerWidth < 760;
