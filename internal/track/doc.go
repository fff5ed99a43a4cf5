// Package track is the way of a position, and of everything else that passes
// between a driver's phone and the dispatchers.
//
// # A session
//
// [Tracker.Serve] runs one socket of one driver to its end:
//
//	hello ── Listen, announce, connect ──┬── streaming ── closed
//	                                     └── refused: 4004 unknown driver, 1013 try again later
//
// Hello goes out first. The session then listens to the driver's line,
// announces itself there (the newest session wins, wherever the others are:
// they close with 4001) and asks a dispatcher who the driver is and what is
// pending. What the line brings meanwhile is held back until that answer was
// passed on, so that an older answer cannot overtake a newer push. While no
// dispatcher answers, drivers whose profile is remembered stream on and the
// question is repeated; others are told to try again.
//
// A session at rest is one goroutine, or none of its own where the socket has
// another way to wait: that of Serve, in [Conn.Receive]. What else there is to do
// has a goroutine while there is something: one writes frames and at the end
// closes the socket, one carries out orders (accept, arrive, …) one after the
// other so that a slow dispatcher does not hold up positions, one pings. Timers
// start them. Serve returns when all have ended.
//
// # Positions
//
//	read → filter → latest per driver → tray of the feed   → Feed, by owner cell
//	                                  → tray of the mirror → Mirror
//
// A tray keeps the latest location of each driver who moved. It is emptied
// every flush interval, or earlier when many wait; one flusher each, so that a
// slow mirror does not hold up the feed. What could not be delivered waits in
// its tray, is replaced by newer locations, and is dropped once it is too old
// to matter: nothing queues without bound.
//
// # Acks
//
// An ack is a promise, see docs/protocol.md. The count that a location leaves
// with is up to where the driver's positions are safe once it has arrived: all
// that were believed, but below the first of a ride that waits for a dispatcher.
// When the feed or the mirror has taken the location, that count is acknowledged,
// and it is what hello tells the next session: the driver's unit remembers it
// here, the shared store elsewhere.
//
// # Ways
//
// While the driver's trip is ridden, believed positions are recorded as well,
// and leave for a dispatcher with the command "track": every 20 s, when 64 wait,
// before "complete", when the ride is over and when the session ends. What was
// not taken is sent again as it was, also by the driver's next session here; a
// tracker that dies takes what it had not sent along, and phones send it again.
//
// # When a consumer is slow
//
//	phone        frames queue to a bound; refusals of positions are dropped at half of
//	             it, acks coalesce, the rest fills it up: the socket is closed (1013)
//	dispatcher   orders queue to a bound: the next gets an error "rate_limited"; of the
//	             fixes of a way that wait every second one goes when they are too many
//	mirror, feed locations coalesce by driver
//
// # What is not guaranteed
//
// A session's order of frames is kept; across a reconnect a push may be lost
// and is made up for by the pending offer and the current trip that follow
// hello. A tracker that goes on with a driver whom it remembers while no
// dispatcher answers does not know whether the driver rides, and may acknowledge
// what no track will have; so it is with the moment between the start of a ride
// and the tracker's knowing of it. Sessions are compared by their ids (UUIDv7), so trackers whose clocks
// differ by more than a phone needs to reconnect may keep the older one until
// it fails to answer pings.
package track
