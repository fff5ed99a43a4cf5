// Package faults says what is done to a running city, and judges afterwards
// whether it kept its promises.
//
// [Plan] draws a [Schedule] from a seed: the same seed gives the same faults at
// the same times. [Judge] holds a [History] to the guarantees I1 to I9 of
// docs/guarantees.md: what clients were told, what the store has, every claim
// that was made or given up, and what came out on the stream, all together.
//
// The package starts nothing and reads nothing: bench/faults runs the city, does
// to it what the schedule says, and gathers the history.
package faults
