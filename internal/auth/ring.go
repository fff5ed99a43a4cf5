package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/golang-jwt/jwt/v5"
)

// ring is the shared keys (HS256) by their ids. Keys are changed without anybody
// being signed out by letting the new one in first everywhere, then signing with
// it, and taking the old one out when what it signed has expired.
type ring struct {
	byID map[string][]byte
	any  jwt.VerificationKeySet // for tokens that name no key of ours
}

func newRing(keys ...[]byte) (ring, error) {
	r := ring{byID: map[string][]byte{}}
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return ring{}, err
		}
		r.byID[keyID(key)] = key
		r.any.Keys = append(r.any.Keys, key)
	}
	return r, nil
}

// keyFor is the key that the token names. One that names none, or one of its own
// as back offices that share the key may, is held against all.
func (r ring) keyFor(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	if key, ok := r.byID[id]; ok {
		return key, nil
	}
	return r.any, nil
}

// keyID names a key in tokens (kid). It is made of the key, so that nobody gives
// two keys one name, and says nothing about it.
func keyID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("cabstand kid"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
