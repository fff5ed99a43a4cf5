// Package nearby answers where drivers are: from memory where that is known to
// be whole, else from the shared store, and while the store is gone from
// memory again, saying what may be missing.
//
// A Lookout follows the position feed of owner cells that are asked about
// often. A cell is warm once it was filled from the store after its feed was
// followed, with no silence of the feed since: from then on memory has what the
// store has, some milliseconds earlier. A question whose disc lies in warm cells
// costs microseconds and no round trip.
//
// What is not guaranteed: a tracker that reaches the store and not the bus is
// heard of here no more than by matching, until the feed falls silent as a
// whole; and a driver's going offline that the bus lost shows as a silence.
package nearby
