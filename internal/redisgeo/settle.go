package redisgeo

import (
	"context"
	"strconv"

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

// again tells the script of a location that another writer gave to the driver
// before.
func (c *claim) again() string {
	if c.entry == nil {
		return "again"
	}
	return ""
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
		c.place, c.packed = place{to.cell, e.tag}, string(e.packed)
	}
	w.claims = append(w.claims, c)
}

// maxRounds bounds what one batch does about writers who fight over a driver.
// What is left then is healed by the driver's next position.
const maxRounds = 4

// settle makes the claims good. A round takes the drivers' hashes, then puts
// the drivers into their cells, then takes out what stood before. Of the first
// claims the hashes were taken already.
func (w *writer) settle(ctx context.Context, taken []*redis.Cmd) {
	again := w.follow(ctx, w.claims[:len(taken)], taken)
	again = append(again, w.claims[len(taken):]...)
	for round := 1; round < maxRounds && len(again) > 0; round++ {
		again = w.follow(ctx, again, w.runAll(ctx, w.takeCalls(again)))
	}
}

// follow does the rest of a round. It returns the claims of the next one.
func (w *writer) follow(ctx context.Context, claims []claim, taken []*redis.Cmd) (again []claim) {
	claims, outcomes := w.decide(claims, taken)
	if len(claims) == 0 {
		return nil
	}
	w.enter(ctx, claims, outcomes)
	return w.leave(ctx, claims, outcomes)
}

// outcome is what came of a claim.
type outcome struct {
	taken bool
	was   place // what the driver's hash pointed to before, or still does
	seen  int64 // of that, unix ms
}

func (w *writer) takeCalls(claims []claim) []call {
	calls := make([]call, len(claims))
	for i := range claims {
		c := &claims[i]
		calls[i] = call{takeScript, []string{driverKey(c.id)}, []any{
			c.seen, status(c.l), w.ttl.Milliseconds(), string(c.place.cell), c.place.tag,
			string(c.l.Class), c.l.Seats, c.l.Session, c.packed, c.again(),
		}}
	}
	return calls
}

// decide returns the claims that were decided, and how.
func (w *writer) decide(claims []claim, taken []*redis.Cmd) ([]claim, []outcome) {
	decided, outcomes := make([]claim, 0, len(claims)), make([]outcome, 0, len(claims))
	for i, cmd := range taken {
		o, err := readOutcome(cmd)
		switch {
		case err != nil && claims[i].entry != nil:
			w.fail(claims[i].entry, err)
		case err != nil:
			w.note(err)
		case claims[i].entry == nil || !claims[i].entry.failed:
			decided = append(decided, claims[i])
			outcomes = append(outcomes, o)
		}
	}
	return decided, outcomes
}

func readOutcome(cmd *redis.Cmd) (outcome, error) {
	answer, err := cmd.StringSlice()
	if err != nil {
		return outcome{}, err
	}
	seen, err := strconv.ParseInt(answer[3], 10, 64)
	return outcome{answer[0] == "1", place{geo.Cell(answer[1]), answer[2]}, seen}, err
}

// enter puts the drivers who were taken into their cells.
func (w *writer) enter(ctx context.Context, claims []claim, outcomes []outcome) {
	var calls []call
	var of []*entry
	for i := range claims {
		c := &claims[i]
		if c.entry == nil || c.gone || !outcomes[i].taken {
			continue
		}
		calls = append(calls, call{enterScript, keysOf(c.place.cell), []any{
			c.id, c.seen, c.entry.score, c.entry.field, c.packed,
		}})
		of = append(of, c.entry)
	}
	for i, cmd := range w.runAll(ctx, calls) {
		if err := cmd.Err(); err != nil {
			w.fail(of[i], err)
		}
	}
}

func keysOf(cell geo.Cell) []string { return []string{geoKey(cell), seenKey(cell), atKey(cell)} }

// leave takes out the words that do not stand any more, and looks whether those
// that were entered still do. It returns claims for words that turn out to be
// newer. What cannot be taken out misleads nobody.
func (w *writer) leave(ctx context.Context, claims []claim, outcomes []outcome) (again []claim) {
	var calls []call
	var of []departure
	for i := range claims {
		for _, d := range w.departures(&claims[i], outcomes[i]) {
			calls, of = append(calls, d.call()), append(of, d)
		}
		w.remember(&claims[i], outcomes[i])
	}
	entered := enteredOf(claims, outcomes)
	pointers := make([]*redis.SliceCmd, len(entered))
	words := w.runBeside(ctx, calls, func(p redis.Pipeliner) {
		for i, c := range entered {
			pointers[i] = p.HMGet(ctx, driverKey(c.id), "cell", "writer")
		}
	})
	for i, cmd := range words {
		word, err := cmd.Text()
		if err != nil {
			w.note(err)
			continue
		}
		if l, err := unpack(of[i].id, word); err == nil {
			delete(w.known, of[i].id)
			again = append(again, claim{id: l.DriverID, seen: l.SeenAt.UnixMilli(), place: of[i].from, packed: word, l: &l})
		}
	}
	w.withdraw(ctx, entered, pointers)
	return again
}

// enteredOf is the claims of drivers who were put into their cells.
func enteredOf(claims []claim, outcomes []outcome) (entered []*claim) {
	for i := range claims {
		if c := &claims[i]; c.entry != nil && !c.entry.failed && !c.gone && outcomes[i].taken {
			entered = append(entered, c)
		}
	}
	return entered
}

// withdraw takes out what was entered and does not stand any more by what the
// drivers' hashes point to: a writer who took a driver meanwhile found nothing
// there to take out.
func (w *writer) withdraw(ctx context.Context, entered []*claim, pointers []*redis.SliceCmd) {
	var calls []call
	for i, c := range entered {
		if err := pointers[i].Err(); err != nil {
			w.note(err)
			continue
		}
		cell, _ := pointers[i].Val()[0].(string)
		tag, _ := pointers[i].Val()[1].(string)
		if stands := (place{geo.Cell(cell), tag}); stands != c.place {
			delete(w.known, c.id)
			calls = append(calls, departure{c.id, c.place, c.seen, stands}.call())
		}
	}
	for _, cmd := range w.runAll(ctx, calls) {
		w.note(cmd.Err())
	}
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
// if the claim was taken; what another writer wrote, if it was not; and what this
// writer wrote elsewhere before.
func (w *writer) departures(c *claim, o outcome) []departure {
	stands, seen := o.was, c.seen
	if o.taken {
		stands = c.place
	}
	var gone []departure
	add := func(from place) {
		if from.cell != "" && from != stands {
			gone = append(gone, departure{c.id, from, seen, stands})
		}
	}
	switch {
	case o.taken:
		add(o.was)
	case c.entry == nil:
		seen = o.seen
		add(c.place)
	}
	if c.entry != nil && c.entry.lot != nil {
		if own := (place{c.entry.lot.cell, c.entry.tag}); own != o.was {
			add(own)
		}
	}
	return gone
}

// remember keeps what came of the claim.
func (w *writer) remember(c *claim, o outcome) {
	e := c.entry
	switch {
	case e == nil || e.failed:
	case c.gone || !o.taken:
		delete(w.known, e.id)
	default:
		e.lot, e.seen, e.renewed = w.lots[c.place.cell], c.seen, c.seen
		e.available, e.class, e.seats, e.session = c.l.Available, c.l.Class, c.l.Seats, c.l.Session
	}
}
