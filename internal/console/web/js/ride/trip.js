// What a trip's state means to its rider.

import { minutes } from '../shared/told.js';

const over = ['completed', 'cancelled', 'expired'];

export const finished = ({ state }) => over.includes(state);

const names = { rider: 'you', driver: 'the driver', operator: 'the operator', system: 'Cabstand' };

/** The headline of a trip, and the line below it. */
export function told(trip, car) {
  const name = trip.driver?.name?.split(' ')[0] ?? 'Your driver';
  switch (trip.state) {
    case 'scheduled': return { title: 'Booked', sub: 'We look for a driver shortly before.' };
    case 'searching': return { title: 'Finding your driver', sub: trip.epoch > 1 ? 'Your driver could not come. We are asking others.' : 'Asking the drivers who can be there first.' };
    case 'assigned': return approaching(trip, car, name);
    case 'arrived': return { title: `${name} is here`, sub: 'Go to the car at your pickup.' };
    case 'riding': return { title: 'On your way', sub: car?.eta_s > 0 ? `About ${minutes(car.eta_s)} to your destination` : 'Enjoy the ride.' };
    case 'completed': return { title: 'You have arrived', sub: 'Thank you for riding.' };
    case 'expired': return { title: 'No driver was free', sub: 'Nobody could take this ride in time. You pay nothing.' };
    default: return cancelled(trip);
  }
}

function approaching(trip, car, name) {
  if (trip.slot === 1) return { title: `${name} is finishing a ride nearby`, sub: car ? `With you in about ${minutes(car.eta_s)}` : 'You are next.' };
  if (!car) return { title: `${name} is coming`, sub: 'On the way to your pickup.' };
  if (car.eta_s <= 30) return { title: `${name} is almost there`, sub: 'Please be at your pickup.' };
  return { title: `${minutes(car.eta_s)} away`, sub: `${name} is on the way to your pickup.` };
}

function cancelled({ cancelled_by: by, reason }) {
  const sub = by === 'rider' ? 'You pay nothing.' : `It was cancelled by ${names[by] ?? 'somebody'}${reason ? `: ${reason}` : '.'}`;
  return { title: 'Ride cancelled', sub };
}

