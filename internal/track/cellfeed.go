package track

import (
	"context"
	"errors"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// cellFeed publishes locations by owner cell. It remembers in which cell each
// driver was published last: one who crossed into another is published in the
// old cell as well, so that its followers see the driver leave. It is used by
// one goroutine.
type cellFeed struct {
	feed   Feed
	forget time.Duration
	now    func() time.Time
	last   map[string]*published
	cells  map[geo.Cell]*parcel
	swept  time.Time

	busy   []*parcel // of this batch
	failed []bool    // of this batch, by the index of the location
}

// published is where a driver was published last.
type published struct {
	in *parcel
	at time.Time
}

// parcel is an owner cell and what a batch has for it.
type parcel struct {
	cell   geo.Cell
	inside geo.Box // a little less than the cell
	batch  []driver.Location
	of     []int // the indices of the locations
}

func newParcel(cell geo.Cell) *parcel {
	const edge = 1e-9 // degrees: so near the border the geohash decides
	b := cell.Bounds()
	return &parcel{cell: cell, inside: geo.Box{West: b.West + edge, South: b.South + edge, East: b.East - edge, North: b.North - edge}}
}

func (p *parcel) add(l *driver.Location, index int) {
	p.batch, p.of = append(p.batch, *l), append(p.of, index)
}

func newCellFeed(feed Feed, forget time.Duration, now func() time.Time) *cellFeed {
	return &cellFeed{
		feed: feed, forget: forget, now: now, swept: now(),
		last: map[string]*published{}, cells: map[geo.Cell]*parcel{},
	}
}

// deliver publishes the batch. It returns the indices of the locations that did
// not reach all their cells.
func (c *cellFeed) deliver(ctx context.Context, batch []driver.Location) (undelivered []int, err error) {
	c.sort(batch)
	c.failed = append(c.failed[:0], make([]bool, len(batch))...)
	err = c.publish(ctx)
	now := c.now()
	for i := range batch {
		if c.failed[i] {
			undelivered = append(undelivered, i)
		} else {
			c.remember(&batch[i], now)
		}
	}
	c.sweep(now)
	return undelivered, err
}

// sort gives each cell what it has to hear.
func (c *cellFeed) sort(batch []driver.Location) {
	c.busy = c.busy[:0]
	for i := range batch {
		l, was := &batch[i], (*parcel)(nil)
		if p, ok := c.last[l.DriverID]; ok {
			was = p.in
		}
		now := c.parcelOf(l.Point, was)
		c.put(now, l, i)
		if was != nil && was != now {
			c.put(was, l, i)
		}
	}
}

func (c *cellFeed) put(p *parcel, l *driver.Location, index int) {
	if len(p.batch) == 0 {
		c.busy = append(c.busy, p)
	}
	p.add(l, index)
}

// parcelOf is the cell that holds p; was is where to look first.
func (c *cellFeed) parcelOf(p geo.Point, was *parcel) *parcel {
	if was != nil && was.inside.Contains(p) {
		return was
	}
	cell := geo.CellOf(p, geo.OwnerLength)
	found, ok := c.cells[cell]
	if !ok {
		found = newParcel(cell)
		c.cells[cell] = found
	}
	return found
}

// publish sends each cell its parcel, and returns when the bus has them.
func (c *cellFeed) publish(ctx context.Context) error {
	var errs []error
	for _, p := range c.busy {
		if err := c.feed.Publish(ctx, p.cell, p.batch); err != nil {
			errs = append(errs, err)
			for _, i := range p.of {
				c.failed[i] = true
			}
		}
		p.batch, p.of = p.batch[:0], p.of[:0]
	}
	if err := c.feed.Flush(ctx); err != nil {
		errs = append(errs, err)
		for i := range c.failed {
			c.failed[i] = true
		}
	}
	return errors.Join(errs...)
}

func (c *cellFeed) remember(l *driver.Location, now time.Time) {
	if l.Gone {
		delete(c.last, l.DriverID)
		return
	}
	p, ok := c.last[l.DriverID]
	if !ok {
		p = &published{}
		c.last[l.DriverID] = p
	}
	p.in, p.at = c.parcelOf(l.Point, p.in), now
}

// sweep forgets drivers who were not published for long: to the followers of
// their cells they went stale. Cells without drivers go with them.
func (c *cellFeed) sweep(now time.Time) {
	if now.Sub(c.swept) < c.forget {
		return
	}
	c.swept = now
	clear(c.cells)
	for id, p := range c.last {
		if now.Sub(p.at) >= c.forget {
			delete(c.last, id)
			continue
		}
		c.cells[p.in.cell] = p.in
	}
}
