// Package natsbus carries what the parts of Cabstand tell each other over NATS:
//
//	positions.<cell4>        core            the position feed
//	trackers.beat            core            each tracker lives
//	trips.<cell4>.<trip id>  stream TRIPS    trip events, 7 days, in files
//	drivers.<id>.push        core            to the session of a driver
//	dispatch.command         request-reply   trackers ask dispatchers
//	dispatch.nudge           core            commands at the desk tell of trips they changed
//	dispatch.decisions       request-reply   every dispatcher tells what it decided
//	dispatch.passed          request-reply   every dispatcher tells where it passed a driver over
//	DISPATCHERS              KV, TTL 5 s     who dispatches
//	SETTINGS                 KV, in files    what operators set
//
// The core subjects are best effort: what is published while a reader is away,
// or faster than it reads, is lost to it, and counted ([Stats]). The stream is
// not: a reader goes on where it was.
//
// The connection is made, and made again, for as long as the bus is open. While
// it is down publishing fails at once with fault.Unavailable: nothing piles up
// here, the callers have newer values or an outbox. Subscribing works at any
// time and takes effect when the bus is there. A server that comes back without
// its files, or with older ones, gets a stream and buckets again from those who
// use them, and is read on from what is stored from then on. Callbacks run one after the other for
// each subscription and must not block.
package natsbus

import (
	"context"
	"log/slog"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// Options say which bus to join, and how.
type Options struct {
	URL      string    // nats://[user:password@]host:port, more of them after commas
	Embedded *Embedded // a server of this process, instead of a URL
	Name     string    // of this client, as the server's monitoring shows it
	Replicas int       // copies of the stream and the bucket in a cluster; 0 is 1
	Log      *slog.Logger

	CommandTimeout time.Duration // how long a command waits for its reply; 0 is 2 s
	MemberTTL      time.Duration // how long a silent member counts as live; 0 is 5 s
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Replicas <= 0 {
		o.Replicas = 1
	}
	if o.CommandTimeout <= 0 {
		o.CommandTimeout = 2 * time.Second
	}
	if o.MemberTTL <= 0 {
		o.MemberTTL = 5 * time.Second
	}
	return o
}

// Bus is one client of the bus. Its parts are what the application's parts
// ask for.
type Bus struct {
	Positions *Positions
	Trips     *Trips
	Line      *Line
	Commands  *Commands
	Signals   *Signals
	Members   *Members
	Decisions *Decisions
	Settings  *Settings
	Ended     *Ended

	*link
}

// Connect joins the bus. A server on the network that cannot be reached, or has
// no JetStream yet, is no error: the bus works when it comes. A URL that names
// no server is one, and so is an embedded server that does not answer. The bus
// is open until Close; ctx bounds the joining alone.
func Connect(ctx context.Context, o Options) (*Bus, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	l := &link{options: o.withDefaults()}
	l.log = l.options.Log
	l.open, l.close = context.WithCancel(context.WithoutCancel(ctx))
	if err := l.connect(); err != nil {
		l.close()
		return nil, fault.Wrap(err, fault.Unavailable, "the bus cannot be joined")
	}
	if err := l.prepare(ctx); err != nil {
		l.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "the bus cannot store trip events")
	}
	trips, members := &Trips{link: l}, newMembers(l)
	return &Bus{
		Positions: &Positions{l}, Trips: trips, Line: &Line{l}, Commands: &Commands{l},
		Signals: &Signals{link: l, trips: trips}, Members: members, Decisions: &Decisions{l, members}, Settings: &Settings{l}, Ended: &Ended{l}, link: l,
	}, nil
}
