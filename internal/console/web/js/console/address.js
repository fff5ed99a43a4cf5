// The address bar is the state: #map=zoom/lat/lon (kept by MapLibre) with
// trip=… or driver=… for what is selected.

const KINDS = ['trip', 'driver'];

const parts = () => location.hash.slice(1).split('&').filter(Boolean);

/** What the address selects: {kind, id} or null. */
export function selectedInAddress() {
  for (const part of parts()) {
    const [kind, id] = part.split('=');
    if (KINDS.includes(kind) && id) return { kind, id: decodeURIComponent(id) };
  }
  return null;
}

/** Puts the selection into the address; the place stays. One step back undoes it. */
export function selectInAddress(selected) {
  const kept = parts().filter((part) => !KINDS.includes(part.split('=')[0]));
  if (selected) kept.push(`${selected.kind}=${encodeURIComponent(selected.id)}`);
  history.pushState(null, '', `#${kept.join('&')}`);
}
