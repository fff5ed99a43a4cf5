package node

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// trackerSilent is how long nothing is heard of a tracker before it counts as
// gone: it says every two seconds that it lives.
const trackerSilent = 10 * time.Second

// leftFor is how long somebody who left is still told of.
const leftFor = 10 * time.Minute

// roll is which parts there are, and since when each is there or gone.
type roll struct {
	mu       sync.Mutex
	standing map[string]wire.Part
	heard    map[string]time.Time // trackers, when last
}

func newRoll() *roll { return &roll{standing: map[string]wire.Part{}, heard: map[string]time.Time{}} }

// hear notes that a tracker lives.
func (r *roll) hear(tracker string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[tracker] = now
	r.stand("tracker:"+tracker, true, now)
}

// call takes in who answered at a look: the checked parts, and the dispatchers
// that are live. While the bus is away nobody can be heard, and those who come
// and go stand as they stood.
func (r *roll) call(checked map[string]bool, dispatchers []string, bus bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, ok := range checked {
		r.stand(name, ok, now)
	}
	if !bus {
		for tracker := range r.heard {
			r.heard[tracker] = now
		}
		return
	}
	live := map[string]bool{}
	for _, id := range dispatchers {
		live["dispatcher:"+id] = true
		r.stand("dispatcher:"+id, true, now)
	}
	for name, p := range r.standing {
		kind, id, _ := strings.Cut(name, ":")
		switch {
		case kind == "dispatcher" && !live[name], kind == "tracker" && now.Sub(r.heard[id]) > trackerSilent:
			r.stand(name, false, now)
		default:
			continue
		}
		if !p.OK && now.Sub(p.Since) > leftFor {
			delete(r.standing, name)
			delete(r.heard, id)
		}
	}
}

// stand notes how a part stands. A change begins now.
func (r *roll) stand(name string, ok bool, now time.Time) {
	if p, known := r.standing[name]; !known || p.OK != ok {
		r.standing[name] = wire.Part{Name: name, OK: ok, Since: now.UTC(), Affects: affects(name)}
	}
}

// parts is all of them, in an order that stays.
func (r *roll) parts() []wire.Part {
	r.mu.Lock()
	defer r.mu.Unlock()
	rank := func(p wire.Part) int {
		kind, _, _ := strings.Cut(p.Name, ":")
		return slices.Index([]string{"store", "nats", "redis", "eta", "dispatcher", "tracker"}, kind)
	}
	return slices.SortedFunc(maps.Values(r.standing), func(a, b wire.Part) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name))
	})
}

// affects is what people notice while the part is gone.
func affects(name string) string {
	kind, _, _ := strings.Cut(name, ":")
	switch kind {
	case "store":
		return "No new trips, and no steps of trips: riders and drivers are told to try again. Positions are still taken in, and nothing that was acknowledged is lost."
	case "nats":
		return "No new offers: no phone could be shown one. Requests, answers and steps over HTTP go on; live views are behind until it is back."
	case "redis":
		return "Trips are matched as ever. Searches for drivers in places that nobody has asked about lately may miss some, and say so."
	case "eta":
		return "Times to pickups come from the road graph or the straight line, and are less exact; each decision says which it stood on."
	case "dispatcher":
		return "Its cells pass to the other dispatchers within about ten seconds; offers that are out stand. With no dispatcher left nothing is matched."
	case "tracker":
		return "Its drivers connect again to another tracker. Who does not is silent on the map, and gets no offers."
	}
	return ""
}

// callRoll keeps the roll of the installation, as this dispatcher sees it.
func (p *parts) callRoll() *roll {
	r := newRoll()
	p.health.looked = func(gone []string) {
		checked := map[string]bool{}
		for _, c := range p.health.checks {
			checked[c.publicName()] = !slices.Contains(gone, c.name)
		}
		r.call(checked, p.bus.Members.Live(), p.bus.Connected(), p.clock.Now())
	}
	p.node.task("roll", func(ctx context.Context) error {
		return serve(ctx, p.bus.Positions.OnTracker, func(name string) {
			if name != "" { // of a version that says none
				r.hear(strings.TrimPrefix(name, "tracker-"), p.clock.Now())
			}
		})
	})
	return r
}

// publicName is the part as the roll calls it: engines of travel times under
// one heading.
func (c check) publicName() string {
	switch c.name {
	case "redis", "nats", "store":
		return c.name
	}
	return "eta:" + c.name
}
