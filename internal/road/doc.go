// Package road has the road graph: nodes joined by directed edges that take a
// time to drive. It reads a graph from tables, keeps the part in which every
// place can be reached from every other, snaps points to it and finds the
// fastest way between two of them.
//
// A [Graph] is built once by a [Builder] or by [Import], never changes after
// that, and may be used by any number of goroutines.
//
// Times are durations, whole milliseconds inside; distances are metres. The
// same input gives the same graph, and the same question the same way.
//
// The package is pure: no clock, no log, and no I/O but for the readers that it
// is given.
package road
