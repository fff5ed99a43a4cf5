package node

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/trip"
)

// learning corrects the speeds of the road graph by what completed rides took.
type learning struct {
	road    *eta.Road
	learner *road.Learner
	file    string // where it is kept; "" where it is not
	log     *slog.Logger
	rides   chan trip.Trip
}

const (
	saveEvery   = 5 * time.Minute
	ridesQueued = 1024 // beyond these, rides teach nothing: none of them matters much
)

// learned is the file that keeps what was learned. What is true of the city of
// a demo is true of no other.
func (c *EmbeddedConfig) learned() string {
	if c.Demo {
		return ""
	}
	return filepath.Join(c.Data, "learned.json")
}

// loadLearner reads what was learned; nothing where the file is not there. A
// file that cannot be used is no reason not to start.
func loadLearner(file string, log *slog.Logger) *road.Learner {
	learner := &road.Learner{}
	if file == "" {
		return learner
	}
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, learner)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the learned speeds are not used; learning anew", "file", file, "err", err)
		return &road.Learner{}
	}
	return learner
}

// hear takes in an event of a trip. It does not block.
func (l *learning) hear(e trip.Event) {
	if e.Trip.State != trip.Completed || e.Trip.RidingAt.IsZero() {
		return
	}
	select {
	case l.rides <- e.Trip:
	default:
	}
}

// run learns until ctx ends, and keeps what it learned.
func (l *learning) run(ctx context.Context, subscribe func(func(trip.Event)) (stop func(), err error)) error {
	stop, err := subscribe(l.hear)
	if err != nil {
		return err
	}
	defer l.save()
	defer stop()
	saving := time.NewTicker(saveEvery)
	defer saving.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case t := <-l.rides:
			l.road.Learn(t.Pickup, t.Dropoff, t.RidingAt, t.CompletedAt.Sub(t.RidingAt))
		case <-saving.C:
			l.save()
		}
	}
}

// save writes a new file and puts it in the place of the old one, so that a
// crash leaves one of them whole.
func (l *learning) save() {
	if l.file == "" {
		return
	}
	data, err := json.Marshal(l.learner)
	if err == nil {
		err = os.WriteFile(l.file+".new", data, 0o600)
	}
	if err == nil {
		err = os.Rename(l.file+".new", l.file)
	}
	if err != nil {
		l.log.Warn("the learned speeds were not kept; trying again", "file", l.file, "err", err)
	}
}
