// Package watch tells riders and operators what happens while it happens.
//
// A [Hub] hears every trip event from the bus and hands it to those who watch
// the trip: its rider, operators who watch its cell, readers of its event
// stream. The bus may repeat events, reorder them and, while it is away, lose
// them; nobody notices:
//
//   - Each reader puts a trip's events in order by their version, drops what it
//     has seen and reads what is missing from the store.
//   - Every few seconds the hub compares what it knows with the store and
//     publishes what the bus did not bring.
//
// So a reader sees the versions of a trip one after the other, none twice, and
// after a loss within a few seconds.
//
// Two policies keep memory bounded. Events are never dropped: a reader whose
// queue is full is closed with [ErrSlow], reconnects, and gets where the trips
// stand from the store. Positions coalesce: a slow reader gets fewer of them,
// and always the latest.
//
// Nothing here runs in a goroutine of its own but [Hub.Run]; a reader's work is
// done in its caller's.
package watch
