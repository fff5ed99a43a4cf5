// What tests may read of the page, as window.cabstand: copies, nothing more.

export function hook(shift, map) {
  window.cabstand = Object.freeze({
    shift: () => structuredClone(shift.state),
    unacknowledged: () => shift.link.positions.list.map((p) => p.seq),
    car: () => map.carAt,
  });
}
