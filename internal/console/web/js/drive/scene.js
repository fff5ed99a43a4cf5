// What the map shows of a shift.

import { metresLeft } from '../shared/geometry.js';
import { useEffect, useMemo, useState } from '../shared/html.js';

const NEWS = 15000; // ms between looks for a better way

/** The scene: the car, where it has to go, by which way, and how many metres of it are left. */
export function useScene(shift, state) {
  const { fix, offer } = state;
  const [trip] = shift.trips.ahead();
  const shown = offer && !offer.answered ? offer : null;
  const goal = shown ? shown.pickup : shift.trips.goal();
  const way = useAhead(shift, fix, goal);
  const ride = useRide(shift, shown);
  return useMemo(() => {
    const pins = {};
    if (shown) Object.assign(pins, { pickup: shown.pickup, dropoff: shown.dropoff });
    else if (trip) Object.assign(pins, trip.state === 'riding' ? { dropoff: trip.dropoff } : { pickup: trip.pickup });
    return { pins, car: fix, ways: { near: shown || trip?.state === 'assigned' ? way : null, ahead: shown ? ride : trip?.state === 'riding' ? way : null }, focus: focus(fix, shown, trip, way, ride), left: way && fix ? metresLeft(way, fix) : null };
  }, [fix, shown, trip?.id, trip?.state, way, ride]);
}

function focus(fix, offer, trip, way, ride) {
  if (offer) return { key: `offer ${offer.offer_id} ${Boolean(fix)} ${Boolean(ride)}`, points: [offer.pickup, offer.dropoff, ...(ride ?? []), ...(fix ? [fix] : [])] };
  if (!fix) return null;
  if (!trip) return { key: `home ${cell(fix)}`, points: [fix] };
  if (trip.state === 'arrived') return { key: `${trip.id} arrived`, points: [fix, trip.pickup] };
  const goal = trip.state === 'riding' ? trip.dropoff : trip.pickup;
  return { key: `${trip.id} ${trip.state} ${Boolean(way)} ${cell(fix)}`, points: [fix, goal] };
}

/** A name for about where it is, so that the map follows in steps. */
const cell = ({ lat, lon }) => `${Math.round(lat * 500)},${Math.round(lon * 500)}`;

/** The points of the way from the car to the goal: asked for now and then. */
function useAhead(shift, fix, goal) {
  const [way, show] = useState(null);
  const key = goal && fix ? `${goal.lat},${goal.lon}` : '';
  useEffect(() => {
    show(null);
    if (!key) return undefined;
    let stale = false;
    const look = () => shift.ways.between(shift.state.fix, goal).then(({ points }) => stale || show(points));
    look();
    const timer = setInterval(look, NEWS);
    return () => {
      stale = true;
      clearInterval(timer);
    };
  }, [key]);
  return way;
}

function useRide(shift, offer) {
  const [way, show] = useState(null);
  useEffect(() => {
    show(null);
    if (!offer) return undefined;
    let stale = false;
    shift.ways.between(offer.pickup, offer.dropoff).then(({ points }) => stale || show(points));
    return () => { stale = true; };
  }, [offer?.offer_id]);
  return way;
}
