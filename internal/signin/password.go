package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/cabstand/cabstand/internal/fault"
)

// What a hash costs (argon2id): 19 MiB and two passes, the least that OWASP
// recommends. What a stored hash was made with stands in it, so that this can be
// raised without anybody choosing a new password.
const (
	memoryKiB = 19 << 10
	passes    = 2
	lanes     = 1
	saltBytes = 16
	sumBytes  = 32
)

// Bounds of what hashing may take from everything else.
const (
	hashesAtOnce = 2 // 38 MiB, two cores
	waitForHash  = 2 * time.Second
	mostWaiting  = 64
)

// hasher makes and checks hashes, a few at a time.
type hasher struct {
	places chan struct{}
	queue  chan struct{} // of those who wait and those who have a place
}

func newHasher() *hasher {
	return &hasher{places: make(chan struct{}, hashesAtOnce), queue: make(chan struct{}, hashesAtOnce+mostWaiting)}
}

// take waits for a place, not long; fault.Unavailable if there is none.
func (h *hasher) take(ctx context.Context) (leave func(), err error) {
	busy := fault.New(fault.Unavailable, "too many are signing in: try again")
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, busy
	}
	timer := time.NewTimer(waitForHash)
	defer timer.Stop()
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places; <-h.queue }, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	<-h.queue
	return nil, busy
}

// hash is the password's hash with a salt of its own, in the PHC form.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.take(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	return phc(salt, argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, sumBytes)), nil
}

var b64 = base64.RawStdEncoding

func phc(salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// matches reports whether the hash is the password's.
func (h *hasher) matches(ctx context.Context, hash, password string) (bool, error) {
	p, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	leave, err := h.take(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	sum := argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.sum)))
	return subtle.ConstantTimeCompare(sum, p.sum) == 1, nil
}

// parameters is what a hash was made with.
type parameters struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

// mostMemoryKiB bounds what a hash in the store may ask for.
const mostMemoryKiB = 256 << 10

func parsePHC(hash string) (p parameters, err error) {
	broken := fault.New(fault.Internal, "a stored password's hash is not of a form that is known")
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprint("v=", argon2.Version) {
		return p, broken
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); n != 3 || err != nil {
		return p, broken
	}
	var bad1, bad2 error
	p.salt, bad1 = b64.DecodeString(parts[4])
	p.sum, bad2 = b64.DecodeString(parts[5])
	if bad1 != nil || bad2 != nil || len(p.salt) < 8 || len(p.sum) < 16 || len(p.sum) > 64 ||
		p.memory < 8 || p.memory > mostMemoryKiB || p.passes < 1 || p.passes > 16 || p.lanes < 1 || p.lanes > 16 {
		return p, broken
	}
	return p, nil
}
