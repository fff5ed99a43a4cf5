package api

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// Clients ask whether we are there every few seconds at most. Pings cost them
// nothing and us an answer each, and no other limit sees them.
const (
	pingsEvery = time.Second // in the long run
	pingsBurst = 30
)

// pingsWithin answers pings at that pace. Who sends more of them is ended: end must
// not block, and is called at every one too many.
func pingsWithin(end func()) func(context.Context, []byte) bool {
	limit := rate.NewLimiter(rate.Every(pingsEvery), pingsBurst)
	return func(context.Context, []byte) bool {
		if limit.AllowN(time.Now(), 1) {
			return true
		}
		end()
		return false
	}
}
