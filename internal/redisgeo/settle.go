package redisgeo

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// claim is a location that is to become the driver's. Almost all are this
// writer's; one of another writer is claimed for it when it turns out that it
// is newer than what this one took it for.
type claim struct {
	id     string
	seen   int64
	gone   bool
	place  place
	packed string
	l      *driver.Location

	entry *entry // nil for another writer's
}

// place is what a driver's hash points to: a word in a cell. The zero place is
// none.
type place struct {
	cell geo.Cell
	tag  string
}

func (w *writer) claim(e *entry, to *lot) {
	c := claim{id: e.id, seen: e.news.SeenAt.UnixMilli(), gone: e.news.Gone, l: e.news, entry: e}
	if to != nil {
		c.place, c.packed = place{to.cell, w.tag}, string(e.packed)
	}
	w.claims = append(w.claims, c)
}

// maxRounds bounds what one batch does about writers who fight over a driver.
// What is left then is healed by the driver's next position.
const maxRounds = 4

// settle makes the claims good. A round takes the drivers' hashes, then puts
// the drivers into their cells, then takes out what stood before.
func (w *writer) settle(ctx context.Context) error {
	claims := w.claims
	for range maxRounds {
		if len(claims) == 0 {
			break
		}
		taken, err := w.take(ctx, claims)
		if err != nil {
			return err
		}
		if err := w.enter(ctx, claims, taken); err != nil {
			return err
		}
		if claims, err = w.leave(ctx, claims, taken); err != nil {
			return err
		}
	}
	clear(w.claims)
	return nil
}

// outcome is what came of a claim.
type outcome struct {
	taken bool
	was   place // what the driver's hash pointed to before, or still does
}

func (w *writer) take(ctx context.Context, claims []claim) ([]outcome, error) {
	calls := make([]call, len(claims))
	for i := range claims {
		c := &claims[i]
		calls[i] = call{takeScript, []string{driverKey(c.id)}, []any{
			c.seen, status(c.l), w.ttl.Milliseconds(), string(c.place.cell), c.place.tag,
			string(c.l.Class), c.l.Seats, c.l.Session, c.packed,
		}}
	}
	cmds, err := w.runAll(ctx, calls)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(claims))
	for i, cmd := range cmds {
		answer, err := cmd.StringSlice()
		if err != nil {
			return nil, err
		}
		outcomes[i] = outcome{answer[0] == "1", place{geo.Cell(answer[1]), answer[2]}}
	}
	return outcomes, nil
}

// enter puts the drivers who were taken into their cells, and notes it.
func (w *writer) enter(ctx context.Context, claims []claim, outcomes []outcome) error {
	var calls []call
	for i := range claims {
		c := &claims[i]
		if c.entry == nil || c.gone || !outcomes[i].taken {
			continue
		}
		calls = append(calls, call{enterScript, keysOf(c.place.cell), []any{
			c.id, c.seen, c.entry.score, c.entry.field, c.packed,
		}})
	}
	_, err := w.runAll(ctx, calls)
	return err
}

func keysOf(cell geo.Cell) []string { return []string{geoKey(cell), seenKey(cell), atKey(cell)} }

// leave takes out the words that do not stand any more. It returns claims for
// those that turn out to be newer.
func (w *writer) leave(ctx context.Context, claims []claim, outcomes []outcome) (again []claim, err error) {
	var calls []call
	var of []departure
	for i := range claims {
		for _, d := range w.departures(&claims[i], outcomes[i]) {
			calls, of = append(calls, d.call()), append(of, d)
		}
		w.note(&claims[i], outcomes[i])
	}
	cmds, err := w.runAll(ctx, calls)
	if err != nil {
		return nil, err
	}
	for i, cmd := range cmds {
		word, err := cmd.Text()
		if err != nil {
			return nil, err
		}
		if l, err := unpack(of[i].id, word); err == nil {
			delete(w.known, of[i].id)
			again = append(again, claim{id: l.DriverID, seen: l.SeenAt.UnixMilli(), place: of[i].from, packed: word, l: &l})
		}
	}
	return again, w.confirm(ctx, claims, outcomes)
}

// departure is a word that has to go, because another stands.
type departure struct {
	id     string
	from   place
	seen   int64
	stands place
}

func (d departure) call() call {
	here := ""
	if d.stands.cell == d.from.cell {
		here = field(d.id, d.stands.tag)
	}
	return call{leaveScript, keysOf(d.from.cell), []any{d.id, field(d.id, d.from.tag), d.seen, here}}
}

// departures are the words that lose by the outcome: what the hash pointed to,
// if the claim was taken, and what this writer wrote elsewhere before.
func (w *writer) departures(c *claim, o outcome) []departure {
	stands := o.was
	if o.taken {
		stands = c.place
	}
	var gone []departure
	add := func(from place) {
		if from.cell != "" && from != stands {
			gone = append(gone, departure{c.id, from, c.seen, stands})
		}
	}
	if o.taken {
		add(o.was)
	}
	if c.entry != nil && c.entry.lot != nil {
		if own := (place{c.entry.lot.cell, w.tag}); own != o.was {
			add(own)
		}
	}
	return gone
}

// note remembers what came of the claim.
func (w *writer) note(c *claim, o outcome) {
	e := c.entry
	switch {
	case e == nil:
	case c.gone || !o.taken:
		delete(w.known, e.id)
	default:
		e.lot, e.seen, e.renewed = w.lots[c.place.cell], c.seen, c.seen
		e.available, e.class, e.seats, e.session = c.l.Available, c.l.Class, c.l.Seats, c.l.Session
	}
}

// confirm looks whether what was entered still stands, and takes out what does
// not: a writer who took the driver meanwhile found nothing there to take out.
func (w *writer) confirm(ctx context.Context, claims []claim, outcomes []outcome) error {
	var entered []*claim
	for i := range claims {
		if c := &claims[i]; c.entry != nil && !c.gone && outcomes[i].taken {
			entered = append(entered, c)
		}
	}
	if len(entered) == 0 {
		return nil
	}
	cmds := make([]*redis.SliceCmd, len(entered))
	if _, err := w.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range entered {
			cmds[i] = p.HMGet(ctx, driverKey(c.id), "cell", "writer")
		}
		return nil
	}); err != nil {
		return err
	}
	var calls []call
	for i, c := range entered {
		cell, _ := cmds[i].Val()[0].(string)
		tag, _ := cmds[i].Val()[1].(string)
		if stands := (place{geo.Cell(cell), tag}); stands != c.place {
			delete(w.known, c.id)
			calls = append(calls, departure{c.id, c.place, c.seen, stands}.call())
		}
	}
	_, err := w.runAll(ctx, calls)
	return err
}
