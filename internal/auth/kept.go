package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Bounds of what is kept of verified tokens. A key that is withdrawn is believed
// for that long at most.
const (
	keepFor  = 5 * time.Second
	mostKept = 8192 // of a generation, of which there are two
)

// kept is the tokens that were verified a moment ago, by their hash: who asks
// often does not have the same signature checked each time. Only good tokens are
// kept, and none past its expiry.
type kept struct {
	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]verified
	born       time.Time // of the young
}

type verified struct {
	who  Identity
	from time.Time // the clock may be set back
	to   time.Time
}

func (k *kept) find(hash [sha256.Size]byte, now time.Time) (who Identity, ok bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	v, ok := k.young[hash]
	if !ok {
		v, ok = k.old[hash]
	}
	return v.who, ok && !now.Before(v.from) && now.Before(v.to)
}

// keep keeps a token that was verified now. Those of the generation before the
// last are forgotten.
func (k *kept) keep(hash [sha256.Size]byte, who Identity, now time.Time) {
	v := verified{who: who, from: now, to: now.Add(keepFor)}
	if who.Expires.Before(v.to) {
		v.to = who.Expires
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.young == nil || len(k.young) >= mostKept || now.Sub(k.born) > keepFor || now.Before(k.born) {
		k.young, k.old, k.born = map[[sha256.Size]byte]verified{}, k.young, now
	}
	k.young[hash] = v
}
