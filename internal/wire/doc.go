// Package wire has the forms that leave the process: the JSON of the public
// interface that sockets and HTTP share, the frames of the driver's socket and
// of the riders' and operators' stream, the events on the bus, and the messages
// between trackers and dispatchers. It encodes, decodes and checks; it does not
// act.
//
// JSON is snake_case; times are RFC 3339 in UTC, except where a field's name or
// comment says unix milliseconds; distances are metres, durations seconds,
// money minor units.
package wire
