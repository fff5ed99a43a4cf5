package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Members is who dispatches: key-value bucket "DISPATCHERS", a key for each
// member that is renewed while the member lives and runs out when it does not.
type Members struct {
	js     jetstream.JetStream
	bucket jetstream.KeyValue
	log    *slog.Logger

	mu     sync.Mutex
	self   string          // "" until Join
	others map[string]bool // who is there, as the bucket last said

	stop context.CancelFunc
	done sync.WaitGroup
}

const (
	memberBucket = "DISPATCHERS"
	memberTTL    = 5 * time.Second
	memberBeat   = memberTTL / 4
)

// openMembers makes sure of the bucket and watches it.
func openMembers(ctx context.Context, js jetstream.JetStream, log *slog.Logger) (*Members, error) {
	m := &Members{js: js, log: log, others: map[string]bool{}, stop: func() {}}
	return m, m.ensure(ctx)
}

// ensure makes the bucket where there is none.
func (m *Members) ensure(ctx context.Context) error {
	bucket, err := m.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: memberBucket, TTL: memberTTL, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", memberBucket, err)
	}
	m.bucket = bucket
	return nil
}

// Join makes id a member until ctx ends or the bus closes. While the server is
// away the set of members stays as it was: whoever is really gone then is found
// out afterwards.
func (m *Members) Join(ctx context.Context, id string) error {
	if err := m.beat(ctx, id); err != nil {
		return unavailable(err)
	}
	if err := m.look(ctx); err != nil {
		return unavailable(err)
	}
	ctx, m.stop = context.WithCancel(ctx)
	m.done.Go(func() { m.live(ctx, id) })
	return nil
}

// live renews the membership and looks who else is there, until ctx ends; then
// it leaves, so that nobody has to wait for the key to run out.
func (m *Members) live(ctx context.Context, id string) {
	ticker := time.NewTicker(memberBeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			m.leave(context.WithoutCancel(ctx), id)
			return
		case <-ticker.C:
		}
		if err := errors.Join(m.beat(ctx, id), m.look(ctx)); err != nil && ctx.Err() == nil {
			m.log.Debug("membership was not renewed", "err", err)
			m.mend(ctx)
		}
	}
}

// mend makes the bucket again: a server that came back without its files has
// none.
func (m *Members) mend(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, memberBeat)
	defer cancel()
	if err := m.ensure(ctx); err != nil && ctx.Err() == nil {
		m.log.Debug("the bucket of members cannot be had", "err", err)
	}
}

func (m *Members) beat(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, memberBeat)
	defer cancel()
	_, err := m.bucket.PutString(ctx, id, id)
	m.mu.Lock()
	m.self = id
	m.mu.Unlock()
	return err
}

// look reads who is there. An answer replaces the set; no answer leaves it.
func (m *Members) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, memberBeat)
	defer cancel()
	keys, err := m.bucket.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.others = make(map[string]bool, len(keys))
	for _, id := range keys {
		m.others[id] = true
	}
	return nil
}

func (m *Members) leave(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, memberBeat)
	defer cancel()
	if err := m.bucket.Purge(ctx, id); err != nil {
		m.log.Debug("membership was not given back; it runs out", "err", err)
	}
}

// Live is the ids of the live members, this one included, sorted.
func (m *Members) Live() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	live := make([]string, 0, len(m.others)+1)
	for id := range m.others {
		live = append(live, id)
	}
	if !m.others[m.self] && m.self != "" {
		live = append(live, m.self)
	}
	slices.Sort(live)
	return live
}

// close leaves, and waits until that is done.
func (m *Members) close() {
	m.stop()
	m.done.Wait()
}
