package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"
)

func hashOf(n int) [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func TestKept_OnlyForAWhile(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var k kept
	k.keep(hashOf(1), Identity{Subject: "long", Expires: noon.Add(time.Hour)}, noon)
	k.keep(hashOf(2), Identity{Subject: "short", Expires: noon.Add(2 * time.Second)}, noon)
	k.keep(hashOf(3), Identity{Subject: "over", Expires: noon}, noon)
	for _, c := range []struct {
		after       time.Duration
		long, short bool
	}{
		{-time.Second, false, false}, {0, true, true}, {2*time.Second - 1, true, true}, {2 * time.Second, true, false},
		{keepFor - 1, true, false}, {keepFor, false, false},
	} {
		for n, want := range []bool{false, c.long, c.short, false} {
			if _, ok := k.find(hashOf(n), noon.Add(c.after)); ok != want {
				t.Errorf("token %d after %v: found is %v", n, c.after, ok)
			}
		}
	}
	if who, _ := k.find(hashOf(1), noon); who.Subject != "long" {
		t.Errorf("found %+v", who)
	}
}

func TestKept_Bounded(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var k kept
	for n := range 5 * mostKept {
		k.keep(hashOf(n), Identity{Expires: noon.Add(time.Hour)}, noon)
		if _, ok := k.find(hashOf(n), noon); !ok {
			t.Fatalf("%d is not kept", n)
		}
	}
	if n := len(k.young) + len(k.old); n > 2*mostKept {
		t.Errorf("%d are kept", n)
	}
	k.keep(hashOf(-1), Identity{Expires: noon.Add(time.Hour)}, noon.Add(keepFor+1))
	k.keep(hashOf(-2), Identity{Expires: noon.Add(time.Hour)}, noon.Add(2*keepFor+2))
	if n := len(k.young) + len(k.old); n != 2 {
		t.Errorf("%d are kept when all others are over", n)
	}
}
