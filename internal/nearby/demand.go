package nearby

import (
	"sync"
	"time"
)

// demand counts what is asked about, and names what is worth following.
type demand struct {
	mu     sync.Mutex
	asked  map[spot]tally
	wanted map[spot]bool
}

type tally struct {
	n     int
	since time.Time
}

// A cell's feed brings each position of everybody in it, a question to the
// store only what it finds, in milliseconds: the feed is cheaper from a few
// questions a minute on, and a single one is no reason yet.
const (
	oftenAsked  = 3
	oftenWithin = 10 * time.Second
	mostAsked   = 4096 // cells that are counted; over it counting begins anew
)

// note counts a question about the spots. Urgent ones are worth following at
// once.
func (d *demand) note(spots []spot, urgent bool, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.asked) > mostAsked || d.asked == nil {
		d.asked, d.wanted = map[spot]tally{}, map[spot]bool{}
	}
	for _, s := range spots {
		t := d.asked[s]
		if now.Sub(t.since) > oftenWithin {
			t = tally{since: now}
		}
		t.n++
		d.asked[s] = t
		if urgent || t.n >= oftenAsked {
			d.wanted[s] = true
		}
	}
}

// take empties the list of what to follow.
func (d *demand) take() (wanted map[spot]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	wanted, d.wanted = d.wanted, map[spot]bool{}
	return wanted
}
