package node

// Open files that a process leaves to its own connections, to Redis, NATS, the
// database, and to its files.
const (
	leastReserve = 32
	mostReserve  = 1024
)

// Connections of which no more are kept for plain requests beside sockets.
const mostForRequests = 512

// mostSockets is how many sockets are open at once where neither the setting nor
// the limit of open files says less.
const mostSockets = 100_000

// roomFor is how many connections of clients a process has room for that may
// have so many open files; 0 is no limit.
func roomFor(files uint64) int {
	if files == 0 || files > 1<<30 {
		return 1 << 30
	}
	n := int(files)
	return max(1, n-max(leastReserve, min(n/8, mostReserve)))
}

// socketsWithin is how many of the connections may be sockets: plain requests
// are to be answered beside them.
func socketsWithin(room int) int {
	return max(1, min(room-min(room/4, mostForRequests), mostSockets))
}

// sockets is the setting, or as many as open files permit.
func (l Listen) sockets() int {
	if l.MaxSockets > 0 {
		return l.MaxSockets
	}
	return socketsWithin(roomFor(openFiles()))
}
