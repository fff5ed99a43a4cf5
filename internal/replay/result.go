package replay

import (
	"math"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// Run is what came of one seed. Times are in seconds.
type Run struct {
	Policy string `json:"policy"`
	Seed   uint64 `json:"seed"`
	Fleet  int    `json:"fleet"`

	Requests  int `json:"requests"`
	Served    int `json:"served"`
	Cancelled int `json:"cancelled"`
	Expired   int `json:"expired"`
	UnderWay  int `json:"under_way"` // of a run that was cut off; else 0

	ServedShare  float64 `json:"served_share"`
	Wait         Spread  `json:"wait_s"`   // from the request to the driver at the pickup, of those served
	Pickup       Spread  `json:"pickup_s"` // from the assignment in force to the driver at the pickup
	SwapsPerTrip float64 `json:"swaps_per_trip"`
	SwapsMost    int     `json:"swaps_most"`
	IdleShare    float64 `json:"idle_share"` // of the fleet's working time until the last request
	DeadheadKm   float64 `json:"deadhead_km_per_trip"`
	Tick         Ticks   `json:"tick_ms"`
	DecisionHash string  `json:"decision_hash"`

	Decisions int            `json:"decisions"`
	Offers    int            `json:"offers"`
	Forwards  int            `json:"forwards"` // of the offers, those for the trip after the one at hand
	Declined  int            `json:"declined"`
	Replaced  int            `json:"replaced"` // drivers who were taken off a trip for being late
	Ticks     int            `json:"ticks"`
	Skipped   int            `json:"ticks_skipped"` // in which nothing could be decided
	Reasons   map[string]int `json:"cancelled_because"`
	Hours     []Hour         `json:"hours"`
	Places    []Place        `json:"places"`
}

// Spread tells of many times, in seconds.
type Spread struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
}

// Ticks tells what the executed ticks took in real time, in milliseconds.
type Ticks struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Hour is what came of the requests of one hour of the day.
type Hour struct {
	Hour     int     `json:"hour"` // 0 to 23, as the trips' times are written
	Requests int     `json:"requests"`
	Served   int     `json:"served"`
	WaitMean float64 `json:"wait_mean_s"`
	WaitP95  float64 `json:"wait_p95_s"`
}

// Place is what came of the requests in one square of the map, about 280 m high.
type Place struct {
	Lat      float64 `json:"lat"` // of its middle
	Lon      float64 `json:"lon"`
	Requests int     `json:"requests"`
	Lost     int     `json:"lost"` // cancelled or expired
}

// SquareSide is the side of a Place, in degrees.
const SquareSide = 0.0025

func (t *tally) run(w *world) Run {
	run := Run{
		Policy: w.Dispatch.Policy.Name, Seed: uint64(w.dice), Fleet: len(w.cars), Requests: len(w.riders),
		DecisionHash: t.decisionHash(), Decisions: t.decisions, Offers: t.offers, Forwards: t.forwards, Declined: t.declined, Replaced: t.replaced,
		Ticks: t.ticks, Skipped: t.skipped, Tick: ticksOf(t.real), Reasons: map[string]int{},
		IdleShare: round(w.idleShare(), 6),
	}
	var waits, pickups []float64
	swaps := 0
	for i, r := range t.rides {
		switch r.state {
		case trip.Completed:
			run.Served++
			waits = append(waits, (r.arrived - w.askedAt(i)).Seconds())
			pickups = append(pickups, (r.arrived - r.inForce).Seconds())
			swaps += r.swaps
			run.SwapsMost = max(run.SwapsMost, r.swaps)
		case trip.Cancelled:
			run.Cancelled++
			run.Reasons[r.cancelled]++
		case trip.Expired:
			run.Expired++
		default:
			run.UnderWay++
		}
	}
	run.Wait, run.Pickup = spreadOf(waits), spreadOf(pickups)
	run.ServedShare = round(share(float64(run.Served), run.Requests), 6)
	run.SwapsPerTrip = round(share(float64(swaps), run.Served), 6)
	run.DeadheadKm = round(share(t.deadhead/1000, run.Served), 6)
	run.Hours, run.Places = w.hours(), w.places()
	return run
}

// askedAt is when the n-th rider asked.
func (w *world) askedAt(n int) time.Duration { return w.riders[n].order.At.Sub(w.From) }

// idleShare is how much of the fleet's working time was spent without a trip.
func (w *world) idleShare() float64 {
	var idle, all time.Duration
	for _, c := range w.cars {
		all += max(0, w.tally.end-c.from)
		idle += c.idle + max(0, w.tally.end-min(c.idleAt, w.tally.end))
	}
	if all == 0 {
		return 0
	}
	return float64(idle) / float64(all)
}

func (w *world) hours() []Hour {
	hours, waits := make([]Hour, 24), make([][]float64, 24)
	for i, r := range w.tally.rides {
		h := w.riders[i].order.At.Hour()
		hours[h].Requests++
		if r.state == trip.Completed {
			hours[h].Served++
			waits[h] = append(waits[h], (r.arrived - w.askedAt(i)).Seconds())
		}
	}
	for h := range hours {
		s := spreadOf(waits[h])
		hours[h].Hour, hours[h].WaitMean, hours[h].WaitP95 = h, s.Mean, s.P95
	}
	return hours
}

// places is the squares in which anybody asked, from the south-west.
func (w *world) places() []Place {
	squares := map[[2]int]*Place{}
	var order [][2]int
	for i, r := range w.tally.rides {
		at := square(w.riders[i].order.Pickup)
		p := squares[at]
		if p == nil {
			p = &Place{Lat: round((float64(at[0])+0.5)*SquareSide, 5), Lon: round((float64(at[1])+0.5)*SquareSide, 5)}
			squares[at], order = p, append(order, at)
		}
		p.Requests++
		if r.state == trip.Cancelled || r.state == trip.Expired {
			p.Lost++
		}
	}
	slices.SortFunc(order, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	places := make([]Place, len(order))
	for i, at := range order {
		places[i] = *squares[at]
	}
	return places
}

func square(p geo.Point) [2]int {
	return [2]int{int(math.Floor(p.Lat / SquareSide)), int(math.Floor(p.Lon / SquareSide))}
}

func spreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	slices.Sort(values)
	return Spread{Mean: round(sum/float64(len(values)), 3), P50: round(quantile(values, 0.5), 3), P95: round(quantile(values, 0.95), 3)}
}

func ticksOf(real []time.Duration) Ticks {
	if len(real) == 0 {
		return Ticks{}
	}
	ms := make([]float64, len(real))
	for i, d := range real {
		ms[i] = float64(d.Microseconds()) / 1000
	}
	slices.Sort(ms)
	return Ticks{P50: quantile(ms, 0.5), P99: quantile(ms, 0.99), Max: ms[len(ms)-1]}
}

// quantile is the value that the share of all is at most, of sorted values.
func quantile(sorted []float64, share float64) float64 {
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

func share(part float64, of int) float64 {
	if of == 0 {
		return 0
	}
	return part / float64(of)
}

func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}
