// Package sim is the simulated city: streets grown from a seed, people who want
// to go somewhere, and drivers who take them there.
//
// [NewCity] makes the streets, their base map and their demand. [Drive] lets
// drivers and riders loose on a running engine. It speaks the public interface
// only, HTTP and WebSockets through the forms of package wire, so it sees what a
// phone sees and cannot cheat; a [Checker] watches all of it and names every
// [Violation] of what the engine promises.
//
// What a driver does next is decided by a cabbie, which is a state machine
// without I/O; a phone connects it to the engine. Each driver costs two
// goroutines and one timer, whatever the driver is doing.
//
// The same seed draws the same city, the same orders and the same temperaments;
// what comes of them depends on the engine, and on the clock.
package sim
