package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Trackers is how trackers show dispatchers that they are trackers, where they
// call them over HTTP. It stands on the shared secret, by a key of its own that is
// derived from it: nobody's token is a tracker's, and a tracker's is nobody's.
type Trackers struct {
	issuer   *Issuer
	verifier *Verifier
}

// trackerTTL is how long a tracker's token is valid: it makes one for each call.
const trackerTTL = time.Minute

// trackerName is the subject of trackers' tokens.
const trackerName = "tracker"

// NewTrackers stands on the shared secret, and accepts what was made with older
// ones. They have at least [MinKey] bytes.
func NewTrackers(now func() time.Time, secret []byte, older ...[]byte) (*Trackers, error) {
	if err := checkKey(secret); err != nil {
		return nil, err
	}
	var keys [][]byte
	for _, old := range older {
		keys = append(keys, trackerKey(old))
	}
	issuer, err := NewIssuer(trackerKey(secret), now)
	if err != nil {
		return nil, err
	}
	verifier, err := NewVerifier(trackerKey(secret), now, keys...)
	return &Trackers{issuer, verifier}, err
}

func trackerKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("cabstand tracker"))
	return mac.Sum(nil)
}

// Token is a tracker's, for one call. The role in it is the least that there is.
func (t *Trackers) Token() (string, error) {
	return t.issuer.Issue(trip.Driver, trackerName, trackerTTL)
}

// Verify is nil for the token of a tracker, and fault.Unauthenticated for any
// other.
func (t *Trackers) Verify(ctx context.Context, token string) error {
	who, err := t.verifier.Verify(ctx, token)
	if err == nil && who.Subject != trackerName {
		err = fault.New(fault.Unauthenticated, "the token is not a tracker's")
	}
	return err
}
