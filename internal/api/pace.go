package api

import (
	"container/list"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Pace is how many requests somebody may make.
type Pace struct {
	PerSecond float64 // in the long run
	Burst     int     // at once
}

// The paces if Deps do not say. A fleet's back office asks for many.
var (
	DefaultPace         = Pace{PerSecond: 20, Burst: 60}
	DefaultOperatorPace = Pace{PerSecond: 200, Burst: 400}
)

// maxPaced is how many callers are remembered. One who is forgotten may make a
// whole burst again.
const maxPaced = 100_000

// paces keeps the pace of each caller; the caller who was silent for longest is
// forgotten first.
type paces struct {
	people, operators Pace
	most              int

	mu     sync.Mutex
	known  map[auth.Identity]*list.Element // of *paced
	recent list.List                       // the latest first
}

// paced is a caller with the requests that are left.
type paced struct {
	who  auth.Identity
	left *rate.Limiter
}

func newPaces(people, operators Pace, most int) *paces {
	return &paces{people: people, operators: operators, most: most, known: map[auth.Identity]*list.Element{}}
}

func (p *paces) of(who auth.Identity) Pace {
	if who.Role == trip.Operator {
		return p.operators
	}
	return p.people
}

// limiter is the caller's, whichever token the caller sends.
func (p *paces) limiter(who auth.Identity) *rate.Limiter {
	who.Expires = time.Time{}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.known[who]; ok {
		p.recent.MoveToFront(known)
		return known.Value.(*paced).left
	}
	if p.recent.Len() >= p.most {
		oldest := p.recent.Remove(p.recent.Back()).(*paced)
		delete(p.known, oldest.who)
	}
	pace := p.of(who)
	fresh := &paced{who, rate.NewLimiter(rate.Limit(pace.PerSecond), pace.Burst)}
	p.known[who] = p.recent.PushFront(fresh)
	return fresh.left
}

// take counts a request of the caller, and tells in the headers of the answer
// how many are left (the fields of draft-ietf-httpapi-ratelimit-headers).
func (p *paces) take(who auth.Identity, h http.Header, now time.Time) error {
	pace, limiter := p.of(who), p.limiter(who)
	allowed := limiter.AllowN(now, 1)
	left := max(limiter.TokensAt(now), 0)
	until := func(tokens float64) int { return int(math.Ceil((tokens - left) / pace.PerSecond)) }
	room := make([]byte, 0, 64)
	room = appendPair(room, 'q', pace.Burst, 'w', int(math.Ceil(float64(pace.Burst)/pace.PerSecond)))
	policy := len(room)
	room = appendPair(room, 'r', int(left), 't', until(float64(pace.Burst)))
	values := [2]string{string(room[:policy]), string(room[policy:])}
	h["Ratelimit-Policy"], h["Ratelimit"] = values[:1:1], values[1:]
	if allowed {
		return nil
	}
	return later{
		fault.New(fault.RateLimited, "too many requests: %v a second and %d at once are accepted", pace.PerSecond, pace.Burst),
		time.Duration(until(1)) * time.Second,
	}
}

// appendPair writes the value of a header, such as "requests";q=60;w=3.
func appendPair(b []byte, name byte, value int, other byte, otherValue int) []byte {
	b = append(append(b, `"requests";`...), name, '=')
	b = append(strconv.AppendInt(b, int64(value), 10), ';', other, '=')
	return strconv.AppendInt(b, int64(otherValue), 10)
}

// later is a fault with the time after which it is worth trying again.
type later struct {
	error
	after time.Duration
}

func (l later) Unwrap() error { return l.error }
