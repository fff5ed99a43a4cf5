// Numbers and times as people read them.

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** A duration in seconds: "8 s", "2 min 5 s", "1 h 10 min". "–" for nothing. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** A duration in as few characters as will do: "42s", "3m", "1h". */
export function brief(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 100) return `${s}s`;
  return s < 6000 ? `${Math.floor(s / 60)}m` : `${Math.floor(s / 3600)}h`;
}

/** An amount {amount, currency} in minor units of its currency. */
export function money({ amount, currency } = {}) {
  if (!currency) return '–';
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** The time of day of an RFC 3339 time. */
export function clock(time) {
  return clockFormat.format(new Date(time));
}

/** A distance: "350 m", "4.2 km". */
export function distance(metres) {
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
}

/** The tail of a long id: enough to tell two apart in a list (ids begin with their time). */
export function shortID(id) {
  return id.length > 20 ? `…${id.slice(-6)}` : id;
}

/** A number with no more digits than it needs. */
export const plain = (number) => String(Number(number.toFixed(3)));

/** The names of the policies. */
export const policyNames = { fifo: 'First come', greedy: 'Greedy', optimal: 'Optimal' };

/** The names that the page gives to states and statuses. */
export const stateNames = {
  scheduled: 'Booked', searching: 'Requested', assigned: 'Matched', arrived: 'Arrived', riding: 'Riding',
  completed: 'Completed', cancelled: 'Cancelled', expired: 'Expired',
};
export const statusNames = {
  available: 'Available', offered: 'Has an offer', enroute: 'To pickup', waiting: 'At pickup',
  riding: 'With rider', silent: 'Silent', offline: 'Offline',
};

/** The name of a class of vehicles: "XL", "Standard". */
export const className = (id) => (id.length < 4 ? id.toUpperCase() : id[0].toUpperCase() + id.slice(1).replace(/_/g, ' '));
