package natsbus

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/fault"
)

const membersBucket = "DISPATCHERS"

// Members is who dispatches: each member renews its key in a bucket whose keys
// live for the TTL. A member that leaves is gone at once, one that died after
// the TTL and a beat. While the bus is away the last known members stand, so
// that an outage of the bus moves no cells.
type Members struct {
	*link

	mu   sync.Mutex // guards self and live
	self string     // "" until Join
	live map[string]time.Time
}

func newMembers(l *link) *Members { return &Members{link: l, live: map[string]time.Time{}} }

func (l *link) ensureMembers(ctx context.Context) error {
	_, err := l.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: membersBucket, Description: "dispatchers that are alive", TTL: l.options.MemberTTL,
		Storage: jetstream.FileStorage, Replicas: l.options.Replicas,
	})
	if errors.Is(err, jetstream.ErrBucketExists) {
		return nil
	}
	return err
}

var memberID = regexp.MustCompile(`^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$`) // what a key of the bucket can be

// Join makes this client a member under the id until ctx ends or the bus is
// closed; then it leaves. It returns at once, and keeps trying while the bus is
// away. A client is one member: joining again is fault.AlreadyExists until the
// first membership has ended.
func (m *Members) Join(ctx context.Context, id string) error {
	if !memberID.MatchString(id) {
		return fault.Field("id", "%q cannot name a dispatcher: letters, digits, '-', '_', '=', and '.' between them", id)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.self != "" {
		return fault.New(fault.AlreadyExists, "this client is member %q", m.self)
	}
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(m.open, cancel)
	b := &beater{Members: m, id: id}
	if err := m.start(func() { defer cancel(); b.run(ctx) }); err != nil {
		cancel()
		return err
	}
	m.self = id
	return nil
}

// Live is the ids of the live members, this one included once it has joined,
// sorted.
func (m *Members) Live() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.live))
}

// beater keeps one membership: it renews the key and watches the others'.
type beater struct {
	*Members
	id      string
	kv      jetstream.KeyValue
	watcher jetstream.KeyWatcher
	echo    time.Time // when the watcher last told of our own beat, or was started
	away    bool      // the last beat did not reach the bus
}

func (b *beater) run(ctx context.Context) {
	b.heard(b.id, false)
	ticker := time.NewTicker(b.options.MemberTTL / 4)
	defer ticker.Stop()
	defer b.leave(ctx)
	b.beat(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			b.beat(ctx)
		case entry, ok := <-b.updates():
			if !ok {
				b.watcher = nil // started again at the next beat
			} else if entry != nil {
				b.heard(entry.Key(), entry.Operation() != jetstream.KeyValuePut)
			}
		}
	}
}

func (b *beater) updates() <-chan jetstream.KeyValueEntry {
	if b.watcher == nil {
		return nil
	}
	return b.watcher.Updates()
}

// beat renews the key, sees to the watcher, and drops those who are silent.
func (b *beater) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, b.options.MemberTTL/4)
	defer cancel()
	if err := b.renew(ctx); err != nil {
		if !b.away && ctx.Err() == nil {
			b.log.Warn("membership not renewed; the last known dispatchers stand", "err", err)
		}
		b.away, b.kv = true, nil
		return
	}
	if b.away {
		b.away = false
		b.excuse()
	}
	b.dropSilent()
}

func (b *beater) renew(ctx context.Context) (err error) {
	if !b.Connected() {
		return errDisconnected
	}
	if b.kv == nil {
		if b.kv, err = b.bucket(ctx); err != nil {
			return err
		}
	}
	if err := b.watch(); err != nil {
		return err
	}
	_, err = b.kv.PutString(ctx, b.id, b.options.Name)
	return err
}

// bucket opens the bucket; it makes a new one where the server lost its disk.
func (b *beater) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := b.js.KeyValue(ctx, membersBucket)
	if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return kv, err
	}
	if err := b.ensureMembers(ctx); err != nil {
		return nil, err
	}
	return b.js.KeyValue(ctx, membersBucket)
}

// watch starts the watcher when there is none, or when it is deaf: it does not
// even tell of our own beats any more.
func (b *beater) watch() (err error) {
	if b.watcher != nil && time.Since(b.echo) <= b.options.MemberTTL {
		return nil
	}
	b.unwatch()
	b.excuse()
	b.echo = time.Now()
	b.watcher, err = b.kv.WatchAll(b.open)
	return err
}

// unwatch stops the watcher. One that is stopped at the wrong moment never
// closes its channel: so nobody waits for that, but room is made in the channel
// for what the watcher may be about to tell.
func (b *beater) unwatch() {
	if b.watcher == nil {
		return
	}
	_ = b.watcher.Stop() // fails on a closed connection, where there is nothing to do
	for updates := b.watcher.Updates(); len(updates) > 0; {
		<-updates
	}
	b.watcher = nil
}

// heard notes a sign of life, or a farewell. Nobody but we say that we left.
func (b *beater) heard(id string, left bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if id == b.id {
		b.echo, left = now, false
	}
	if left {
		delete(b.live, id)
	} else {
		b.live[id] = now
	}
}

// excuse gives everybody another TTL: while the bus was away, or the watcher
// deaf, nobody could be heard.
func (b *beater) excuse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.live {
		b.live[id] = time.Now()
	}
}

func (b *beater) dropSilent() {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit := time.Now().Add(-b.options.MemberTTL)
	maps.DeleteFunc(b.live, func(id string, heard time.Time) bool { return id != b.id && heard.Before(limit) })
}

// leave says farewell, if the bus is there, and ends the membership.
func (b *beater) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
	defer cancel()
	if b.kv != nil && b.Connected() {
		if err := b.kv.Delete(ctx, b.id); err != nil {
			b.log.Debug("no farewell to the other dispatchers; they notice", "err", err)
		}
	}
	b.unwatch()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.self = ""
	clear(b.live)
}
