package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/wire"
)

const (
	settingsBucket = "SETTINGS"
	policyKey      = "policy"
	settingsKept   = 64 // revisions: who set what, for those who ask the bucket itself

	// lookEvery is how often followers look by themselves: nothing that the
	// server told while nobody could hear it stays unknown for longer.
	lookEvery = 3 * time.Second
)

// Settings is what operators set for all dispatchers, in a bucket in files.
type Settings struct{ *link }

func (l *link) ensureSettings(ctx context.Context) error {
	_, err := l.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: settingsBucket, Description: "what operators set", History: settingsKept,
		Storage: jetstream.FileStorage, Replicas: l.options.Replicas,
	})
	if errors.Is(err, jetstream.ErrBucketExists) {
		return nil
	}
	return err
}

// bucket opens the bucket; it makes a new one where the server lost its disk.
func (s *Settings) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	if err := s.reachable(); err != nil {
		return nil, err
	}
	kv, err := s.js.KeyValue(ctx, settingsBucket)
	if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return kv, err
	}
	if err := s.ensureSettings(ctx); err != nil {
		return nil, err
	}
	return s.js.KeyValue(ctx, settingsBucket)
}

// Policy is the policy that was set last; nil where none is.
func (s *Settings) Policy(ctx context.Context) (*wire.PolicySetting, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.CommandTimeout)
	defer cancel()
	setting, err := s.read(ctx)
	return setting, unavailable(err)
}

func (s *Settings) read(ctx context.Context) (*wire.PolicySetting, error) {
	kv, err := s.bucket(ctx)
	if err != nil {
		return nil, err
	}
	entry, err := kv.Get(ctx, policyKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	setting := new(wire.PolicySetting)
	if err := json.Unmarshal(entry.Value(), setting); err != nil {
		s.count(settingsBucket+"."+policyKey, err)
		return nil, err
	}
	return setting, nil
}

// SetPolicy puts a policy in the place of the one before. When it returns nil
// it is on the server's disk.
func (s *Settings) SetPolicy(ctx context.Context, setting wire.PolicySetting) error {
	data, err := json.Marshal(setting)
	if err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, kv jetstream.KeyValue) error {
		_, err := kv.Put(ctx, policyKey, data)
		return err
	})
}

// ResetPolicy takes away what was set. Nothing to take away is fine.
func (s *Settings) ResetPolicy(ctx context.Context) error {
	return s.change(ctx, func(ctx context.Context, kv jetstream.KeyValue) error { return kv.Delete(ctx, policyKey) })
}

func (s *Settings) change(ctx context.Context, do func(context.Context, jetstream.KeyValue) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.CommandTimeout)
	defer cancel()
	kv, err := s.bucket(ctx)
	if err == nil {
		err = do(ctx, kv)
	}
	return unavailable(err)
}

// Follow calls fn with the policy that is set, nil where none is, as soon as the
// bus is there, and again after each change, until stop is called; a call that
// is under way then may still come to its end. While the bus is away what was
// told last stands.
func (s *Settings) Follow(fn func(*wire.PolicySetting)) (stop func(), err error) {
	ctx, cancel := context.WithCancel(s.open)
	f := &follower{Settings: s, tell: fn}
	var done sync.WaitGroup
	done.Add(1)
	if err := s.start(func() { defer done.Done(); f.run(ctx) }); err != nil {
		cancel()
		return nil, err
	}
	return func() { cancel(); done.Wait() }, nil
}

// follower tells of the policy. The watcher only wakes it: what it tells it
// reads anew, so that nothing older overtakes what it told before.
type follower struct {
	*Settings
	tell    func(*wire.PolicySetting)
	known   bool // told something
	last    *wire.PolicySetting
	watcher jetstream.KeyWatcher
}

func (f *follower) run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	defer f.unwatch()
	f.look(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if f.look(ctx) {
				f.unwatch() // it did not tell: it may be deaf
			}
		case _, ok := <-f.updates():
			if !ok {
				f.watcher = nil // started again at the next look
			}
			f.look(ctx)
		}
	}
}

func (f *follower) updates() <-chan jetstream.KeyValueEntry {
	if f.watcher == nil {
		return nil
	}
	return f.watcher.Updates()
}

// look reads the policy, sees to the watcher, and reports whether there was
// something new to tell.
func (f *follower) look(ctx context.Context) (news bool) {
	ctx, cancel := context.WithTimeout(ctx, f.options.CommandTimeout)
	defer cancel()
	if f.watcher == nil {
		f.watch(ctx) // before reading, so that no change falls in between
	}
	setting, err := f.read(ctx)
	if err != nil || f.known && same(setting, f.last) {
		return false
	}
	news, f.known, f.last = f.known, true, setting
	f.tell(setting)
	return news
}

func same(a, b *wire.PolicySetting) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Policy == b.Policy && a.SetBy == b.SetBy && a.SetAt.Equal(b.SetAt)
}

func (f *follower) watch(ctx context.Context) {
	kv, err := f.bucket(ctx)
	if err != nil {
		return // tried again at the next look
	}
	if watcher, err := kv.Watch(f.open, policyKey); err == nil {
		f.watcher = watcher
	}
}

// unwatch is as for members: nobody waits for the channel to be closed.
func (f *follower) unwatch() {
	if f.watcher == nil {
		return
	}
	_ = f.watcher.Stop() // fails on a closed connection, where there is nothing to do
	for updates := f.watcher.Updates(); len(updates) > 0; {
		<-updates
	}
	f.watcher = nil
}
