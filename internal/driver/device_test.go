package driver_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

func TestHashToken(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			a, b := drawToken(t), drawToken(t)
			hash, err := driver.HashToken(a)
			if err != nil || len(hash) != 64 || strings.Contains(hash, a[4:]) {
				t.Fatalf("%s: %q, %v", a, hash, err)
			}
			if typed, err := driver.HashToken(" " + strings.ToUpper(a) + "\n"); err != nil || typed != hash {
				t.Fatalf("as a keyboard writes it: %q, %v", typed, err)
			}
			if other, _ := driver.HashToken(b); (other == hash) != (a == b) {
				t.Fatalf("%s and %s", a, b)
			}
		})
	})
	t.Run("ErrUnauthenticated", func(t *testing.T) {
		good := driver.NewDeviceToken([16]byte{1})
		for _, bad := range []string{"", " ", "123456", "cab_", good[:len(good)-1], good + "0", "CAB-" + good[4:], good[:10] + "u" + good[11:], strings.Repeat("x", 1<<16)} {
			if hash, err := driver.HashToken(bad); hash != "" || !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%.40q: %q, %v", bad, hash, err)
			} else if len(bad) > len("cab_") && strings.Contains(err.Error(), bad) {
				t.Errorf("%v: repeats what may be a secret with a slip", err)
			}
		}
	})
}

func drawToken(t *rapid.T) string {
	var random [16]byte
	copy(random[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random"))
	return driver.NewDeviceToken(random)
}

func TestDevice_WithToken(t *testing.T) {
	token := driver.NewDeviceToken([16]byte{7, 8, 9})
	d, err := driver.Device{ID: "x"}.WithToken(token)
	if err != nil {
		t.Fatal(err)
	}
	if hash, _ := driver.HashToken(token); d.ID != "x" || d.Hash != hash || len(d.Tail) != 4 || !strings.HasSuffix(token, d.Tail) {
		t.Errorf("%+v of %s", d, token)
	}
}

// What is taken for a token has one form, whatever a keyboard made of it, and
// nothing is repeated of what is not.
func FuzzHashToken(f *testing.F) {
	good := driver.NewDeviceToken([16]byte{1})
	for _, token := range []string{good, "", " " + strings.ToUpper(good), good[:20], "cab_" + strings.Repeat("ſ", 26), "cab_" + strings.Repeat("K", 26)} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		hash, err := driver.HashToken(token)
		if err != nil {
			if hash != "" || !fault.Is(err, fault.Unauthenticated) || len(token) > len("cab_") && strings.Contains(err.Error(), token) {
				t.Errorf("%q: %q, %v", token, hash, err)
			}
			return
		}
		if again, err := driver.HashToken(strings.ToLower(strings.TrimSpace(token))); err != nil || again != hash {
			t.Errorf("%q: %q, then %q, %v", token, hash, again, err)
		}
	})
}
