package redisgeo

import (
	"math/rand/v2"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// writer writes locations, one batch at a time. It remembers what it wrote, so
// that a driver who stays in a cell costs nothing but a share of the cell's
// commands. It is used by one goroutine, and thrown away after a failure: what
// is still on its way then may arrive late, and must not pass for the word of
// the one that comes after it.
type writer struct {
	*Store
	tag   string // names its words; no two writers have the same
	known map[string]*entry
	lots  map[geo.Cell]*lot
	turn  uint64 // counts the batches

	outages uint64 // of nodes, when the hashes were last known to be there

	batch  []*entry // the drivers of this batch
	steady []*lot   // the cells with drivers who stay
	claims []claim  // the others
	renew  []*entry // whose hash is to live on
	failed []*entry // who were not written
	err    error    // the first

	newest, tidied int64 // seen, unix ms: the newest, and that of the last tidying
}

func (s *Store) newWriter() *writer {
	return &writer{Store: s, tag: newTag(), known: map[string]*entry{}, lots: map[geo.Cell]*lot{}}
}

func newTag() string { return strconv.FormatUint(rand.Uint64()>>24|1<<39, 36) }

// entry is what a writer knows of a driver.
type entry struct {
	id    string
	tag   string // the writer's when it took the driver
	field string // of the driver's word in the hash of a cell
	lot   *lot   // where the word is; nil where there is none
	seen  int64  // unix ms

	renewed   int64 // seen when the driver's hash was last known to be there
	available bool
	class     driver.Class
	seats     int
	session   string
	tail      []byte // packed

	news   *driver.Location // in this batch
	index  int              // of news in the batch
	turn   uint64           // the batch
	failed bool             // then this entry is not used again
	score  uint64           // of news
	packed []byte           // news
}

// MarshalBinary is the packed location: an entry stands for it among the
// arguments of a command, so that none has to be made for every update.
func (e *entry) MarshalBinary() ([]byte, error) { return e.packed, nil }

// lot is a cell's keys, and the drivers of a batch who stay in it.
type lot struct {
	cell          geo.Cell
	inside        geo.Box // a little less than the cell
	geo, seen, at string

	drivers []*entry
	// Arguments of the three commands, reused: the drivers' are pointers.
	places, sightings, words []any
	commands                 [3]*redis.IntCmd
}

func newLot(cell geo.Cell) *lot {
	const edge = 1e-9 // degrees: so near the border the geohash decides
	b := cell.Bounds()
	l := &lot{
		cell: cell, inside: geo.Box{West: b.West + edge, South: b.South + edge, East: b.East - edge, North: b.North - edge},
		geo: geoKey(cell), seen: seenKey(cell), at: atKey(cell),
	}
	l.places = []any{"zadd", l.geo, "xx"}
	l.sightings = []any{"zadd", l.seen, "xx", "gt", "ch"}
	l.words = []any{"hset", l.at}
	return l
}

func (l *lot) holds(p geo.Point) bool {
	b := &l.inside
	return p.Lat > b.South && p.Lat < b.North && p.Lon > b.West && p.Lon < b.East
}

// lotOf is the cell that holds p; was is where to look first.
func (w *writer) lotOf(p geo.Point, was *lot) *lot {
	if was != nil && was.holds(p) {
		return was
	}
	cell := geo.CellOf(p, geo.StoreLength)
	l, ok := w.lots[cell]
	if !ok {
		l = newLot(cell)
		w.lots[cell] = l
	}
	return l
}

// gather takes over the batch: of each driver the newest location, if it is on
// the earth and newer than what this writer wrote.
func (w *writer) gather(batch []driver.Location) {
	w.turn++
	w.batch, w.failed, w.err = w.batch[:0], w.failed[:0], nil
	for i := range batch {
		l := &batch[i]
		if !l.Gone && !l.Valid() {
			continue
		}
		e := w.entryOf(l.DriverID)
		seen := l.SeenAt.UnixMilli()
		switch {
		case e.turn == w.turn:
			if supersedes(l, e.news) {
				e.news, e.index = l, i
			}
		case seen >= e.seen || e.lot == nil:
			e.turn, e.news, e.index = w.turn, l, i
			w.batch = append(w.batch, e)
		}
		w.newest = max(w.newest, seen)
	}
}

func (w *writer) entryOf(id string) *entry {
	e, ok := w.known[id]
	if !ok {
		e = &entry{id: id, tag: w.tag, field: field(id, w.tag)}
		w.known[id] = e
	}
	return e
}

func field(id, tag string) string { return id + "@" + tag }

// supersedes is driver.Location.Supersedes at the precision of the store.
func supersedes(l, old *driver.Location) bool {
	now, before := l.SeenAt.UnixMilli(), old.SeenAt.UnixMilli()
	return now > before || now == before && (l.Gone || !old.Gone)
}

// sort finds out who stays in a cell, and who has to be claimed.
func (w *writer) sort() {
	w.steady, w.claims, w.renew = w.steady[:0], w.claims[:0], w.renew[:0]
	w.doubt()
	renewAfter := w.renewAfter.Milliseconds()
	for _, e := range w.batch {
		l := e.news
		if l.Gone {
			w.claim(e, nil)
			continue
		}
		now := w.lotOf(l.Point, e.lot)
		e.score = scoreOf(l.Point)
		if now != e.lot || !e.says(l) {
			e.tail = packTail(l)
			e.packed = pack(e.packed[:0], l, e.score, e.tail)
			w.claim(e, now)
			continue
		}
		e.packed = pack(e.packed[:0], l, e.score, e.tail)
		e.seen = l.SeenAt.UnixMilli()
		w.stay(e)
		if e.seen-e.renewed >= renewAfter {
			w.renew = append(w.renew, e)
		}
	}
}

// doubt lets every driver's hash be renewed with the next position, if a node
// was lost that may come back without it.
func (w *writer) doubt() {
	outages := w.guards.outages.Load()
	if outages == w.outages {
		return
	}
	w.outages = outages
	for _, e := range w.known {
		e.renewed = 0
	}
}

// says reports whether all that seldom changes of the driver is as in l.
func (e *entry) says(l *driver.Location) bool {
	return e.available == l.Available && e.session == l.Session && e.class == l.Class && e.seats == l.Seats
}

func (w *writer) stay(e *entry) {
	l := e.lot
	if len(l.drivers) == 0 {
		w.steady = append(w.steady, l)
		l.places, l.sightings, l.words = l.places[:3], l.sightings[:5], l.words[:2]
	}
	l.drivers = append(l.drivers, e)
	l.places = append(l.places, &e.score, &e.id)
	l.sightings = append(l.sightings, &e.seen, &e.id)
	l.words = append(l.words, &e.field, e)
}

// tidy forgets drivers and cells that were not heard of for as long as Redis
// remembers them.
func (w *writer) tidy() {
	ttl := w.ttl.Milliseconds()
	if w.newest-w.tidied < ttl {
		return
	}
	w.tidied = w.newest
	for id, e := range w.known {
		if w.newest-e.seen >= ttl {
			delete(w.known, id)
		}
	}
	clear(w.lots)
	for _, e := range w.known {
		w.lots[e.lot.cell] = e.lot
	}
}
