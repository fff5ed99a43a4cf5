// What tests may read of the page, as window.cabstand: copies, nothing more.

export function hook(ride, map) {
  window.cabstand = Object.freeze({
    ride: () => structuredClone(ride.state),
    car: () => map.carAt,
    middle: () => map.middle(),
    goTo: (place) => map.map.jumpTo({ center: [place.lon, place.lat], zoom: 16 }),
  });
}
