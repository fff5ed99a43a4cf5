package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/area"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Areas keeps the areas of the installation.
type Areas interface {
	// Areas is all areas, by id.
	Areas(ctx context.Context) ([]wire.Area, error)
	// AreasRevision is another number after each change.
	AreasRevision(ctx context.Context) (int64, error)
	// SetArea puts an area in the place of the one with its id, with the entries of
	// the log, in one transaction. check is told of all the others, and refuses by
	// an error, which is returned as it is. It is pure and may run again; no other
	// area is changed meanwhile.
	SetArea(ctx context.Context, a wire.Area, check func(others []wire.Area) error, log ...audit.Entry) error
	// DeleteArea forgets an area; fault.NotFound if there is none.
	DeleteArea(ctx context.Context, id string, log ...audit.Entry) error
}

// Atlas has requests be matched by the policies of areas that operators set. What
// they set goes to the store; every dispatcher looks there twice a second whether
// there is something new, and reads it then.
type Atlas struct {
	dispatcher *Dispatcher
	store      Areas
	log        *slog.Logger

	mu       sync.Mutex // held while looking: who looks waits for who does
	looked   bool
	revision int64
}

// lookEvery is how often an atlas asks whether areas changed.
const lookEvery = 500 * time.Millisecond

// NewAtlas makes the atlas of a dispatcher, which goes by no area before Run.
func NewAtlas(d *Dispatcher, store Areas, log *slog.Logger) *Atlas {
	return &Atlas{dispatcher: d, store: store, log: log}
}

// Run follows what is set until ctx ends. While the store is away, what was known
// last stands.
func (a *Atlas) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := a.look(ctx); err != nil && ctx.Err() == nil {
			a.log.Debug("areas not read; those known last stand", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look takes over the areas if they changed.
func (a *Atlas) look(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	revision, err := a.store.AreasRevision(ctx) // before reading, so that no change falls in between
	if err != nil || a.looked && revision == a.revision {
		return err
	}
	all, err := a.store.Areas(ctx)
	if err != nil {
		return err
	}
	if err := a.dispatcher.SetAreas(a.understood(all)); err != nil {
		return err
	}
	level := slog.LevelInfo
	if !a.looked && len(all) == 0 { // as in every installation where nobody drew any
		level = slog.LevelDebug
	}
	a.looked, a.revision = true, revision
	a.log.Log(ctx, level, "areas were read", "areas", len(all), "revision", revision)
	return nil
}

// understood is the areas with policies. One that is not accepted, from a newer
// version of the program perhaps, is left out.
func (a *Atlas) understood(all []wire.Area) (with []Area) {
	for _, one := range all {
		if one.Policy == nil {
			continue
		}
		shape, err := area.Decode(one.Shape)
		regime := RegimeOf(*one.Policy)
		if err == nil {
			err = regime.Validate()
		}
		if err != nil {
			a.log.Warn("an area is not understood here; its requests are matched by the policy of the installation", "area", one.ID, "err", err)
			continue
		}
		with = append(with, Area{ID: one.ID, Shape: shape, Regime: regime})
	}
	return with
}

// List is all areas, by id.
func (a *Atlas) List(ctx context.Context) ([]wire.Area, error) { return a.store.Areas(ctx) }

// Set puts an area in the place of the one with its id. What is not accepted is
// fault.Invalid; an area with a policy that overlaps another one is
// fault.WrongState, which names it.
func (a *Atlas) Set(ctx context.Context, one wire.Area, log ...audit.Entry) (wire.Area, error) {
	if err := area.Check(one.ID, one.Name, one.Color); err != nil {
		return one, err
	}
	shape, err := area.Decode(one.Shape)
	if err == nil {
		one.Shape, err = area.Plain(one.Shape)
	}
	if err != nil {
		return one, err
	}
	if one.Policy != nil {
		regime := RegimeOf(*one.Policy)
		if err := regime.Validate(); err != nil {
			return one, err
		}
		public := regime.Public()
		one.Policy = &public
	}
	check := func(others []wire.Area) error { return fits(one, shape, others) }
	if err := a.store.SetArea(ctx, one, check, log...); err != nil {
		return one, err
	}
	a.follow(ctx)
	return one, nil
}

// fits is why the area cannot be set beside the others; nil if it can.
func fits(one wire.Area, shape *geo.Region, others []wire.Area) error {
	if len(others) >= area.Max {
		return fault.New(fault.WrongState, "there are %d areas already: delete one", len(others))
	}
	if one.Policy == nil {
		return nil
	}
	for _, other := range others {
		if other.Policy == nil {
			continue
		}
		if ground, err := area.Decode(other.Shape); err == nil && shape.Overlaps(ground) {
			return fault.New(fault.WrongState, "it overlaps the area %q (%s), which has a policy of its own too", other.ID, other.Name)
		}
	}
	return nil
}

// Delete forgets an area; fault.NotFound if there is none.
func (a *Atlas) Delete(ctx context.Context, id string, log ...audit.Entry) error {
	if err := a.store.DeleteArea(ctx, id, log...); err != nil {
		return err
	}
	a.follow(ctx)
	return nil
}

// follow has the dispatcher of this process know at once what was stored. Where
// that fails it looks again soon.
func (a *Atlas) follow(ctx context.Context) {
	if err := a.look(context.WithoutCancel(ctx)); err != nil {
		a.log.Debug("areas not read; looking again", "err", err)
	}
}
