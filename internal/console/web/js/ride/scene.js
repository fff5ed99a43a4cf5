// What the map shows in each state of a ride.

import { useEffect, useMemo, useState } from '../shared/html.js';
import { decode } from '../shared/polyline.js';
import { finished } from './trip.js';

/** The scene for the state; ways come when they are known. */
export function useScene(ride, state) {
  const way = useWay(ride, state);
  const track = useTrack(ride, state.trip);
  const { step, pickup, dropoff, trip, car, wish, tripID } = state;
  return useMemo(() => {
    if (trip) return ofTrip(trip, car, way, track);
    if (tripID) return {};
    if (wish || step === 'choose') return ofPlan(pickup, dropoff, way);
    return step === 'dropoff' && pickup ? { pins: { pickup } } : {};
  }, [step, pickup, dropoff, trip, car, way, track, wish, tripID]);
}

function ofPlan(pickup, dropoff, way) {
  return {
    pins: { pickup, dropoff }, ways: { ahead: way?.points },
    focus: { key: `plan ${way ? 'way' : ''}${pickup.lat},${pickup.lon},${dropoff.lat},${dropoff.lon}`, points: way?.points ?? [pickup, dropoff] },
  };
}

function ofTrip(trip, car, way, track) {
  const { state, pickup, dropoff, id } = trip;
  const focus = (key, points) => ({ key: `${id} ${key}`, points });
  if (state === 'completed') {
    const points = track ?? way?.points ?? [pickup, dropoff];
    return { pins: { pickup, dropoff }, ways: track ? { driven: track } : { ahead: way?.points }, focus: focus(`done ${Boolean(track)}`, points) };
  }
  if (finished(trip)) return { pins: { pickup, dropoff }, ways: {}, focus: focus('over', [pickup, dropoff]) };
  if (state === 'riding') return { pins: { dropoff }, car, ways: { ahead: way?.points }, focus: focus(`riding ${Boolean(way)}`, [...(way?.points ?? [pickup, dropoff])]) };
  if (car && trip.driver_id) {
    const near = Math.round(Math.log2(1 + 500 * Math.hypot(car.lat - pickup.lat, car.lon - pickup.lon))); // nearer in steps
    return { pins: { pickup: { ...pickup, kind: 'pickup' } }, car, ways: {}, focus: focus(`near ${near}`, [car, pickup]) };
  }
  return { pins: { pickup: { ...pickup, kind: 'search' } }, ways: {}, focus: focus('search', [pickup]) };
}

/** The way from pickup to drop-off. */
function useWay(ride, { step, pickup, dropoff, wish, trip }) {
  const [way, show] = useState(null);
  const wanted = (step === 'choose' || wish || trip) && pickup && dropoff;
  const key = wanted ? `${pickup.lat},${pickup.lon},${dropoff.lat},${dropoff.lon}` : '';
  useEffect(() => {
    let stale = false;
    show(null);
    if (key) ride.ways.between(pickup, dropoff).then((found) => stale || show(found));
    return () => { stale = true; };
  }, [key]);
  return way;
}

/** The driven way of a completed trip, null until there is one: it has a length then. */
function useTrack(ride, trip) {
  const [track, show] = useState(null);
  const id = trip?.state === 'completed' && trip.distance_m > 0 ? trip.id : '';
  useEffect(() => {
    let stale = false;
    show(null);
    const read = () => ride.api.get(`/v1/trips/${id}/track?format=polyline`).then(
      ({ polyline }) => stale || show(decode(polyline)), () => {},
    );
    if (id) read();
    return () => { stale = true; };
  }, [id]);
  return track;
}
