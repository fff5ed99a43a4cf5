package driver

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
)

// MaxDevices is how many devices of one driver may be registered at a time.
const MaxDevices = 16

// Device lets a tracking app report where a driver is. The app shows the
// device's token, which is kept as a hash only: who has the token can say where
// the driver is, and nothing else.
type Device struct {
	ID       string
	DriverID string
	Name     string // for people
	App      string // for people: which one it is
	// Available: the driver counts as available while the app reports and no
	// session of the driver says otherwise.
	Available bool
	Hash      string // of the token, see HashToken
	Tail      string // the token's last characters, so that people find it again
	CreatedAt time.Time
}

// Validate checks what somebody sent in.
func (d Device) Validate() error {
	if err := CheckText("name", d.Name); err != nil {
		return err
	}
	return CheckText("app", d.App)
}

// Tokens of devices are typed on phones: lower case, no letter that looks like
// another, and nothing that an address or a password field could trip over.
var (
	tokenAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
	tokenPattern  = regexp.MustCompile(`^cab_[0-9a-hjkmnp-tv-z]{26}$`)
)

const (
	tokenPrefix = "cab_"
	tokenTail   = 4
)

// NewDeviceToken is the token made of 128 random bits.
func NewDeviceToken(random [16]byte) string {
	return tokenPrefix + tokenAlphabet.EncodeToString(random[:])
}

// HashToken is what is kept of a device's token, and by which it is found. The
// token has 128 random bits: nobody guesses it from its hash. Spaces around it
// and capital letters are the phone's keyboard's. What cannot be a token is
// fault.Unauthenticated.
func HashToken(token string) (string, error) {
	token = strings.ToLower(strings.TrimSpace(token))
	switch {
	case token == "":
		return "", fault.New(fault.Unauthenticated, "the device token is missing")
	case !tokenPattern.MatchString(token):
		return "", fault.New(fault.Unauthenticated, "this is no device token: one begins with %s and has %d characters after it", tokenPrefix, 26)
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), nil
}

// WithToken is the device with the hash and the tail of its token.
func (d Device) WithToken(token string) (Device, error) {
	hash, err := HashToken(token)
	if err != nil {
		return Device{}, err
	}
	d.Hash, d.Tail = hash, token[len(token)-tokenTail:]
	return d, nil
}
