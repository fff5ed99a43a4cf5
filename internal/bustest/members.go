package bustest

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/natsbus"
)

// brief makes deaths be noticed within a test's patience.
func brief(o *natsbus.Options) { o.MemberTTL = 500 * time.Millisecond }

func testMembers(t *testing.T, s Server) {
	one, other := join(t, s), join(t, s)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	a, b := unique("a"), unique("b")
	if live := one.Members.Live(); len(live) != 0 {
		t.Errorf("live before joining: %v", live)
	}
	must(t, one.Members.Join(t.Context(), a))
	eventually(t, "a member sees itself", func() bool { return slices.Contains(one.Members.Live(), a) })
	must(t, other.Members.Join(ctx, b))
	for _, bus := range []*natsbus.Bus{one, other} {
		eventually(t, "both see both", func() bool {
			live := bus.Members.Live()
			return slices.IsSorted(live) && reflect.DeepEqual(intersect(live, a, b), []string{a, b})
		})
	}

	leave()
	begin := time.Now()
	eventually(t, "one has left", func() bool { return !slices.Contains(one.Members.Live(), b) })
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("the farewell took %v: it was the TTL that ended the membership", took)
	}
	eventually(t, "who left knows nobody", func() bool { return len(other.Members.Live()) == 0 })
	if !slices.Contains(one.Members.Live(), a) {
		t.Error("the one who stayed is gone too")
	}
	must(t, other.Members.Join(t.Context(), b))
	eventually(t, "it is back", func() bool { return slices.Contains(one.Members.Live(), b) })
}

// A member that dies says nothing: it is missed after the TTL, and no one who
// lives is dropped meanwhile.
func testMembersDeath(t *testing.T, s Server) {
	one, other := join(t, s, brief), join(t, s, brief)
	a, b, ghost := unique("a"), unique("b"), unique("ghost")
	must(t, one.Members.Join(t.Context(), a))
	must(t, other.Members.Join(t.Context(), b))
	js, err := jetstream.New(raw(t, s))
	must(t, err)
	kv, err := js.KeyValue(t.Context(), "DISPATCHERS")
	must(t, err)
	_, err = kv.PutString(t.Context(), ghost, "beats once")
	must(t, err)
	eventually(t, "all three are there", func() bool { return len(intersect(one.Members.Live(), a, b, ghost)) == 3 })
	eventually(t, "the dead one is missed", func() bool {
		live := one.Members.Live()
		if len(intersect(live, a, b)) != 2 {
			t.Fatalf("somebody who lives was dropped: %v", live)
		}
		return !slices.Contains(live, ghost)
	})
}

func testMembersJoin(t *testing.T, s Server) {
	b := join(t, s)
	for _, id := range []string{"", "*", "a b", ".a", "a..b", "a>"} {
		if err := b.Members.Join(t.Context(), id); !fault.Is(err, fault.Invalid) {
			t.Errorf("Join(%q): %v", id, err)
		}
	}
	must(t, b.Members.Join(t.Context(), unique("host.example")))
	if err := b.Members.Join(t.Context(), unique("again")); !fault.Is(err, fault.AlreadyExists) {
		t.Errorf("joined twice: %v", err)
	}
}
