// Package dispatch gives each rider a driver, once.
//
// It has two halves. The [Desk] takes commands (request, accept, arrive,
// cancel, …) and commits each in the store before it answers; it keeps no
// state, so that any dispatcher serves any trip. The [Dispatcher] works on the
// trips of the cells that it owns: at each tick it matches open requests to free
// drivers and commits the offers with their claims, and it ends offers,
// searches and lost drivers whose time is over.
//
// What keeps a driver from being dispatched twice is the claim in the store and
// nothing in here: not the book, not the ownership of cells, no lock and no
// lease. The book is a copy that may lag. A wrong book costs a refused offer;
// a sweep of the store mends it within seconds.
//
// When parts are gone: without the bus, the sweep finds trips and the shared
// store tells where drivers are; without that store, the feed does; without the
// trips' store, ticks fail and are tried again, and nothing is acknowledged.
package dispatch
