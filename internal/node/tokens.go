package node

import (
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/trip"
)

// Tokens makes tokens for anybody, as the simulator needs them: signed by the key
// of a data folder, or by the secret where there is no folder.
func Tokens(data, secret string, ttl time.Duration) (func(role, sub string) (string, error), error) {
	key := []byte(secret)
	if data != "" {
		var err error
		if key, err = auth.LoadOrCreateKey(data); err != nil {
			return nil, fmt.Errorf("--data %s: %w", data, err)
		}
	}
	issuer, err := auth.NewIssuer(key, time.Now)
	if err != nil {
		return nil, err
	}
	return func(role, sub string) (string, error) { return issuer.Issue(trip.Role(role), sub, ttl) }, nil
}
