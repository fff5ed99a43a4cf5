// Package road has the road graph: nodes joined by directed edges that take a
// time to drive. It reads a graph from tables, keeps the part in which every
// place can be reached from every other, saves and loads it, snaps points to its
// streets and tells how long it takes from one place to another.
//
//   - [Graph.Snap] finds the [Place] of a point: the nearest street, and how far
//     along it, for both directions of a street that has two.
//   - [Graph.To] searches backwards along the edges from one place, up to a
//     bound. The [Row] that it gives tells the time from any place around, and the
//     way: one search prices all drivers around a pickup.
//   - [Contract] makes a [Hierarchy], which answers the same questions sooner
//     and many to many.
//   - [Graph.Drive], [Graph.Between] and [Graph.Route] find one way.
//   - [Hours] scales times by the hour of the week, and a [Learner] corrects them
//     by what trips really took.
//
// A [Graph] is built once by a [Builder] or by [Import], never changes after
// that, and may be used by any number of goroutines.
//
// Times are durations, whole milliseconds inside; distances are metres. A place
// cuts its edge into two whole numbers of milliseconds that add up to it, so that
// all algorithms agree to the millisecond. The same input gives the same graph,
// and the same question the same time on any machine.
//
// The package is pure: no clock, no log, and no I/O but for the readers and
// writers that it is given.
package road
