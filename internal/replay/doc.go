// Package replay runs recorded demand through the real dispatcher in virtual
// time, to tell what a policy is worth.
//
// What decides is what runs live: the [dispatch.Dispatcher], ticked by hand at
// the times of its window, and the [dispatch.Desk], over a store in memory.
// What is simulated is around it: riders who ask, lose patience or shy at the
// time they are told; drivers who answer offers and drive the fastest way.
//
// Drivers stay where they let a rider off until somebody wants them. What a
// way takes is what the estimator says that it takes: there is no traffic that
// it does not know of.
//
// A run is deterministic. Same input, same seed and same options give the same
// decisions, and so the same [Run.DecisionHash], on any machine and any number
// of processors. Everything random is a hash of the seed, of whom it concerns
// and of what it decides, never the next number of a stream: so every policy
// meets the same riders with the same patience, and the same drivers' moods.
package replay
