// What codes of the engine mean, in plain words.

import { duration } from '../shared/format.js';

/** Why a driver was left out, in a few words. */
export const reasons = {
  position_too_old: 'position too old', not_available: 'not available', claimed: 'on another trip', unreachable: 'phone unreachable',
  other_class: 'other class', too_few_seats: 'too few seats', declined: 'declined this trip', unanswered: 'let its offer run out',
  too_far: 'too far', excluded: 'taken off this trip', inactive: 'not active', not_cheapest: 'another was better placed', too_dear: 'cost more than waiting', given_another_trip: 'got another trip then',
};

const sentences = {
  position_too_old: 'Their last position was too old to be relied on.',
  not_available: 'They were online, but not available for trips.',
  claimed: 'They were on another trip.',
  unreachable: 'Their phone did not confirm an offer just before.',
  other_class: 'The rider asked for another class of vehicle.',
  too_few_seats: 'Their vehicle has too few seats for the party.',
  declined: 'They had declined this trip before.',
  unanswered: 'They had let an offer of this trip run out.',
  too_far: 'The way to the pickup was longer than the policy allows.',
  excluded: 'They had been taken off this trip before.',
  inactive: 'They are marked as not active.',
  given_another_trip: 'They were given another trip at the same tick.',
  too_dear: 'At their cost it was better to let the request wait.',
};

/** Why a decision passed a driver over, as a sentence. */
export function whyPassedOver({ reason, chosen, cost_s: cost, chosen_cost_s: best }) {
  if (reason !== 'not_cheapest') return sentences[reason] ?? `${reasonName(reason)}.`;
  if (!chosen) return 'Others were better placed, and went to other requests.';
  if (cost === undefined || best === undefined || cost <= best) return `${chosen} was chosen: that was best for all who waited.`;
  return `${chosen} was better placed by ${duration(cost - best)}.`;
}

export const reasonName = (code) => reasons[code] ?? code.replaceAll('_', ' ');

/** Where travel times came from. */
export const rungs = { straight: 'straight line', line: 'straight line', road: 'road graph', graph: 'road graph', osrm: 'OSRM', valhalla: 'Valhalla' };

/** Why a position was refused, by the filter's name. */
export const refusals = {
  invalid: 'not a place on the earth', zero: 'a phone without a fix (0, 0)', future: 'from the future', past: 'fixed too long ago',
  accuracy: 'not accurate enough', approximate: 'by cell towers or Wi-Fi', duplicate: 'sent before', stale: 'older than one before',
  static: 'standing still', distance: 'hardly moved', period: 'too soon after the last', speed: 'a jump no car can make',
  daily_limit: 'more than a day’s share',
};

/** Parts of the installation, by their names in stats. */
const parts = { redis: 'Redis', nats: 'messages (NATS)', store: 'the database', eta: 'the travel time engine', tracker: 'positions in', dispatcher: 'dispatcher' };

/** "redis" or "dispatcher:a" as people call it. */
export function partName(name) {
  const [kind, which] = name.split(':');
  return which && which !== 'embedded' ? `${parts[kind] ?? kind} ${which}` : parts[kind] ?? kind;
}

const actions = {
  'trip.cancel': 'Cancelled', 'trip.redispatch': 'Sent back to matching', 'trip.assign': 'Assigned by hand', 'driver.end_session': 'Ended the session of',
  'policy.set': 'Changed the policy', 'policy.reset': 'Reset the policy', 'policy.failed': 'Could not change the policy', 'area.set': 'Changed area', 'area.delete': 'Deleted area',
  'driver.register': 'Registered', 'driver.change': 'Changed', 'device.issue': 'Issued a device token for', 'device.revoke': 'Revoked a device of',
  'account.create': 'Created account', 'account.disable': 'Disabled account', 'account.password': 'Changed the password of',
};

/** What an entry of the audit list says was done. */
export const actionName = (code) => actions[code] ?? code.replaceAll(/[._]/g, ' ');
