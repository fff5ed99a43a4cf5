// Package poller waits for many sockets with few goroutines.
//
// Go wakes a goroutine for every message that a socket brings, as soon as it is
// there, and asks the kernel once more afterwards whether there is another one.
// With ten thousand phones that send a position every few seconds most of a
// server's time goes into that. A [Poller] lets messages gather for a pause of a
// millisecond or two, then fetches what all sockets have, each with one system
// call, and hands the bytes to a function of the socket's owner, one socket after
// the other. A socket at rest has no memory for reading.
//
//	Adopt ── Watch ──┬── bytes are left, or enough ── Read, Write ── Watch …
//	                 ├── Unwatch
//	                 └── Close, or the end of the socket
//
// [Conn] is a net.Conn beside that: what the function leaves of the bytes is the
// first that [Conn.Read] returns. So a protocol can have its simplest and most
// frequent messages taken from the poller's memory, and everything else read by a
// library that knows nothing of this.
//
// It uses epoll, edge-triggered, and is for Linux alone: elsewhere [New] returns
// [errors.ErrUnsupported], and so does [Poller.Adopt] for what is no TCP
// connection of this process (one with TLS, say).
package poller
