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
	last   map[string]published
	swept  time.Time
}

type published struct {
	cell geo.Cell
	at   time.Time
}

func newCellFeed(feed Feed, forget time.Duration, now func() time.Time) *cellFeed {
	return &cellFeed{feed: feed, forget: forget, now: now, last: map[string]published{}, swept: now()}
}

// deliver publishes the batch and returns what did not reach all its cells.
func (c *cellFeed) deliver(ctx context.Context, batch []driver.Location) ([]driver.Location, error) {
	failed := map[string]bool{}
	var errs []error
	for cell, part := range c.byCell(batch) {
		if err := c.feed.Publish(ctx, cell, part); err != nil {
			errs = append(errs, err)
			for _, l := range part {
				failed[l.DriverID] = true
			}
		}
	}
	var undelivered []driver.Location
	for _, l := range batch {
		if failed[l.DriverID] {
			undelivered = append(undelivered, l)
		} else {
			c.remember(l)
		}
	}
	c.sweep()
	return undelivered, errors.Join(errs...)
}

func (c *cellFeed) byCell(batch []driver.Location) map[geo.Cell][]driver.Location {
	parts := map[geo.Cell][]driver.Location{}
	for _, l := range batch {
		cell := geo.CellOf(l.Point, geo.OwnerLength)
		parts[cell] = append(parts[cell], l)
		if was, ok := c.last[l.DriverID]; ok && was.cell != cell {
			parts[was.cell] = append(parts[was.cell], l)
		}
	}
	return parts
}

func (c *cellFeed) remember(l driver.Location) {
	if l.Gone {
		delete(c.last, l.DriverID)
		return
	}
	c.last[l.DriverID] = published{cell: geo.CellOf(l.Point, geo.OwnerLength), at: c.now()}
}

// sweep forgets drivers who were not published for long: to the followers of
// their cells they went stale.
func (c *cellFeed) sweep() {
	now := c.now()
	if now.Sub(c.swept) < c.forget {
		return
	}
	c.swept = now
	for id, p := range c.last {
		if now.Sub(p.at) >= c.forget {
			delete(c.last, id)
		}
	}
}
