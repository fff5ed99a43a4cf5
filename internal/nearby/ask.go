package nearby

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// errRests stands for the error of a store that failed a moment ago.
var errRests = fault.New(fault.Unavailable, "the store of positions does not answer")

// ask asks the store. One that fails is left alone for a second, but for one
// question, so that not everybody waits for a store that hangs.
func ask[T any](ctx context.Context, l *Lookout, question func() (T, error)) (answer T, err error) {
	if until := l.restsTo.Load(); until != 0 {
		now := l.Now().UnixMilli()
		if now < until || !l.restsTo.CompareAndSwap(until, now+restFor.Milliseconds()) {
			return answer, errRests
		}
	}
	answer, err = question()
	switch {
	case errors.Is(ctx.Err(), context.Canceled): // it was not the store that gave up
	case isPartial(err):
		l.restsTo.Store(0)
	case fault.Is(err, fault.Unavailable):
		l.restsTo.Store(l.Now().Add(restFor).UnixMilli())
	default:
		l.restsTo.Store(0)
	}
	return answer, err
}

// isPartial reports whether a part of the store answered; see Store.
func isPartial(err error) bool {
	var part interface{ Undelivered() []int }
	return errors.As(err, &part)
}

// Nearby is the up to limit wanted drivers nearest to p within radius metres,
// nearest first. Where memory does not have all of them and the store is gone,
// missing names the owner cells whose drivers may be left out. An area that is
// too large is fault.Invalid.
func (l *Lookout) Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) (found []driver.Located, missing []geo.Cell, err error) {
	now := l.Now()
	if since := now.Add(-l.Forget); since.After(w.SeenSince) {
		w.SeenSince = since
	}
	var room [mostSpots + 1]spot
	spots, ok := room[:0], false
	if l.Feed != nil {
		spots, ok = spotsOf(spots, p, radius)
	}
	if ok && l.whole(spots, now) {
		return l.search(spots, p, radius, limit, w), nil, nil
	}
	found, err = ask(ctx, l, func() ([]driver.Located, error) { return l.Store.Nearby(ctx, p, radius, limit, w) })
	gone := fault.Is(err, fault.Unavailable) && l.Feed != nil
	if ok {
		l.want(l.unfollowed(spots), gone, now)
	}
	if !gone {
		return found, nil, err
	}
	if !ok {
		missing, err = geo.CoverDisc(p, radius, geo.OwnerLength, gridSize*gridSize)
		return l.byHearsay(found, p, radius, limit, w), missing, err
	}
	found = l.byHearsay(append(found, l.search(spots, p, radius, limit, w)...), p, radius, limit, w)
	return found, l.cold(spots, now), nil
}

// whole reports whether memory has all drivers of the spots, and notes that they
// were asked about.
func (l *Lookout) whole(spots []spot, now time.Time) bool {
	patches, whole := *l.patches.Load(), !l.silent(now)
	for _, s := range spots {
		p := patches[s]
		if p != nil {
			p.usedAt.Store(now.UnixMilli())
		}
		whole = whole && l.warm(p)
	}
	return whole
}

// unfollowed is the spots that have no patch.
func (l *Lookout) unfollowed(spots []spot) (without []spot) {
	patches := *l.patches.Load()
	for _, s := range spots {
		if patches[s] == nil {
			without = append(without, s)
		}
	}
	return without
}

// cold is the cells of the spots of which something may be missing, by name.
func (l *Lookout) cold(spots []spot, now time.Time) []geo.Cell {
	patches, silent := *l.patches.Load(), l.silent(now)
	cells := make([]geo.Cell, 0, len(spots))
	for _, s := range spots {
		if silent || !l.warm(patches[s]) {
			cells = append(cells, s.cell())
		}
	}
	slices.Sort(cells)
	return cells
}

// search is the nearest drivers of the patches.
func (l *Lookout) search(spots []spot, p geo.Point, radius float64, limit int, w driver.Wanted) []driver.Located {
	patches := *l.patches.Load()
	var found []driver.Located
	for _, s := range spots {
		if patch := patches[s]; patch != nil {
			near := patch.fleet.Nearest(p, limit, radius, w.Accepts)
			if found == nil {
				found = near
				continue
			}
			found = nearest(append(found, near...), limit)
		}
	}
	return found
}

// byHearsay adds to what was found whoever else this process knows of.
func (l *Lookout) byHearsay(found []driver.Located, p geo.Point, radius float64, limit int, w driver.Wanted) []driver.Located {
	if l.Others != nil {
		found = append(found, l.Others.Nearest(p, limit, radius, w.Accepts)...)
	}
	return nearest(found, limit)
}

// nearest puts what several indexes found in order, each driver once, where the
// driver was seen last.
func nearest(found []driver.Located, limit int) []driver.Located {
	slices.SortFunc(found, func(a, b driver.Located) int {
		return cmp.Or(cmp.Compare(a.DriverID, b.DriverID), b.SeenAt.Compare(a.SeenAt))
	})
	found = slices.CompactFunc(found, func(a, b driver.Located) bool { return a.DriverID == b.DriverID })
	slices.SortFunc(found, func(a, b driver.Located) int {
		return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.DriverID, b.DriverID))
	})
	return found[:min(limit, len(found))]
}

// Locate is where one driver is; ok is false for one who is not online. partial
// says that the store is gone and memory may be behind.
func (l *Lookout) Locate(ctx context.Context, driverID string) (at driver.Location, ok, partial bool, err error) {
	found, partial, err := l.locate(ctx, []string{driverID})
	if err != nil || len(found) == 0 {
		return driver.Location{}, false, partial, err
	}
	return found[0], true, partial, nil
}

// Locations is where the drivers are, in the order of the ids, without those who
// are not online. While the store is gone it is those who are known here.
func (l *Lookout) Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error) {
	found, _, err := l.locate(ctx, driverIDs)
	return found, err
}

// locate takes whom memory has for certain from there, and the others from the
// store.
func (l *Lookout) locate(ctx context.Context, driverIDs []string) (found []driver.Location, partial bool, err error) {
	now := l.Now()
	known := make(map[string]driver.Location, len(driverIDs))
	var rest []string
	for _, id := range driverIDs {
		if at, ok := l.sure(id, now); ok {
			known[id] = at
		} else {
			rest = append(rest, id)
		}
	}
	if len(rest) > 0 {
		told, err := ask(ctx, l, func() ([]driver.Location, error) { return l.Store.Locations(ctx, rest) })
		partial = fault.Is(err, fault.Unavailable) && l.Feed != nil
		if err != nil && !partial {
			return nil, false, err
		}
		if partial {
			told = append(told, l.rumoured(rest)...)
		}
		l.follow(told, partial, now)
		for _, at := range told {
			if was, ok := known[at.DriverID]; !ok || at.SeenAt.After(was.SeenAt) {
				known[at.DriverID] = at
			}
		}
	}
	for _, id := range driverIDs {
		if at, ok := known[id]; ok && at.Fresh(now, l.Forget) {
			found = append(found, at)
		}
	}
	return found, partial, nil
}

// follow notes that the cells of the drivers are asked about.
func (l *Lookout) follow(told []driver.Location, urgent bool, now time.Time) {
	spots := make([]spot, len(told))
	for i, at := range told {
		spots[i] = spotAt(at.Point)
	}
	l.want(l.unfollowed(spots), urgent, now)
}

// sure is where the driver is, if memory is certain: a fresh position in a warm
// cell.
func (l *Lookout) sure(driverID string, now time.Time) (at driver.Location, ok bool) {
	if l.silent(now) {
		return at, false
	}
	for _, p := range *l.patches.Load() {
		if at, ok = p.fleet.Get(driverID); ok && l.warm(p) && at.Fresh(now, l.Fresh) {
			p.usedAt.Store(now.UnixMilli())
			return at, true
		}
	}
	return at, false
}

// rumoured is the latest that this process knows of the drivers.
func (l *Lookout) rumoured(driverIDs []string) (told []driver.Location) {
	for _, id := range driverIDs {
		var latest driver.Location
		if l.Others != nil {
			latest, _ = l.Others.Get(id)
		}
		for _, p := range *l.patches.Load() {
			if at, ok := p.fleet.Get(id); ok && at.SeenAt.After(latest.SeenAt) {
				latest = at
			}
		}
		if latest.DriverID != "" {
			told = append(told, latest)
		}
	}
	return told
}

// InCells is the drivers in the cells (of owner length or longer), each once,
// by id. While the store is gone it is those who are known here.
func (l *Lookout) InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error) {
	found, err := ask(ctx, l, func() ([]driver.Location, error) { return l.Store.InCells(ctx, cells) })
	if !fault.Is(err, fault.Unavailable) || l.Feed == nil {
		return found, err
	}
	for _, cell := range cells {
		if l.Others != nil {
			found = append(found, l.Others.InCell(cell)...)
		}
		for _, p := range *l.patches.Load() {
			found = append(found, p.fleet.InCell(cell)...)
		}
	}
	slices.SortFunc(found, func(a, b driver.Location) int {
		return cmp.Or(cmp.Compare(a.DriverID, b.DriverID), b.SeenAt.Compare(a.SeenAt))
	})
	return slices.CompactFunc(found, func(a, b driver.Location) bool { return a.DriverID == b.DriverID }), nil
}
