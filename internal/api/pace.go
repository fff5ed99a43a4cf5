package api

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
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

// String is the pace in words: "20 a second and 60 at once".
func (pace Pace) String() string {
	often := fmt.Sprintf("%g a second", pace.PerSecond)
	if pace.PerSecond < 1 {
		often = fmt.Sprintf("one in %.0f s", 1/pace.PerSecond)
	}
	return fmt.Sprintf("%s and %d at once", often, pace.Burst)
}

// maxPaced is how many callers are remembered. One who is forgotten may make a
// whole burst again.
const maxPaced = 100_000

// paces keeps the pace of each caller.
type paces struct {
	people, operators Pace
	callers           *buckets[auth.Identity]
}

func newPaces(people, operators Pace, most int) *paces {
	return &paces{people: people, operators: operators, callers: newBuckets[auth.Identity](most)}
}

func (p *paces) of(who auth.Identity) Pace {
	if who.Role == trip.Operator {
		return p.operators
	}
	return p.people
}

// limiter is the caller's, whichever token the caller sends.
func (p *paces) limiter(who auth.Identity) *rate.Limiter {
	return p.callers.of(auth.Identity{Role: who.Role, Subject: who.Subject}, p.of(who))
}

// take counts a request of the caller.
func (p *paces) take(who auth.Identity, h http.Header, now time.Time) error {
	return p.of(who).take("requests", p.limiter(who), h, now)
}

// take takes a request out of the bucket, and tells in the headers of the answer
// how many are left (the fields of draft-ietf-httpapi-ratelimit-headers-10, of
// the policy of that name). A later policy takes the place of an earlier one.
func (pace Pace) take(policy string, bucket *rate.Limiter, h http.Header, now time.Time) error {
	allowed := bucket.AllowN(now, 1)
	left := max(bucket.TokensAt(now), 0)
	until := func(tokens float64) int { return int(math.Ceil((tokens - left) / pace.PerSecond)) }
	room := make([]byte, 0, 64)
	room = appendPair(room, policy, 'q', pace.Burst, 'w', int(math.Ceil(float64(pace.Burst)/pace.PerSecond)))
	end := len(room)
	room = appendPair(room, policy, 'r', int(left), 't', until(float64(pace.Burst)))
	values := [2]string{string(room[:end]), string(room[end:])}
	h["Ratelimit-Policy"], h["Ratelimit"] = values[:1:1], values[1:]
	if allowed {
		return nil
	}
	return later{
		fault.New(fault.RateLimited, "too many requests: %s are accepted", pace),
		time.Duration(until(1)) * time.Second,
	}
}

// appendPair writes the value of a header, such as "requests";q=60;w=3.
func appendPair(b []byte, policy string, name byte, value int, other byte, otherValue int) []byte {
	b = append(append(append(append(b, '"'), policy...), '"', ';'), name, '=')
	b = append(strconv.AppendInt(b, int64(value), 10), ';', other, '=')
	return strconv.AppendInt(b, int64(otherValue), 10)
}

// later is a fault with the time after which it is worth trying again.
type later struct {
	error
	after time.Duration
}

func (l later) Unwrap() error { return l.error }
