// Package model is the protocol of trips, offers and claims as a machine small
// enough to be tried out whole: two riders, two drivers and two dispatchers who
// both believe that they own everything, in every order of what can happen.
//
// What changes a trip is not told a second time: the steps of the model are the
// commands of package trip, run on a store of the model's own that has the
// tables, the constraints and the transactions of the databases. So the model
// cannot drift from the code. Around it is what can go wrong:
//
//   - A message once possible may be delivered at any later time, any number of
//     times, in any order, or never: phones, riders and operators send what they
//     could have sent at any moment of the past.
//   - A dispatcher decides on what it read, and commits later; others commit in
//     between. It may crash before the commit, and after it, before the push.
//   - Time is what may have run out: offers, searches and the patience with a
//     silent driver end at any moment, or not.
//
// [Explore] visits every state that can be reached and holds each, and each step
// between two, against the guarantees I1 to I9 of docs/guarantees.md. An
// [Enforcement] can be switched off, to see that the guarantee falls with it.
//
// What is bounded: the numbers of [Size]; a trip is exchanged as often as there.
// What is left out: trips booked for later, tracks, the bus behind the outbox
// (package watch puts events in order), and the policy, since any pair of a
// request and a driver may be chosen.
//
// The package is pure: no I/O, no clock, no log.
package model
