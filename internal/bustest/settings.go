package bustest

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/wire"
)

// setting is a policy that nobody else sets.
func setting(name string) wire.PolicySetting {
	return wire.PolicySetting{
		Policy: wire.Policy{Policy: name, WindowS: 0.25, PickupCapS: 900.001, Aging: 0.5, Swap: true, MaxSwaps: -1, ForwardS: 60},
		SetBy:  unique("operator"), SetAt: time.Date(2026, 5, 1, 12, 0, 0, 123e6, time.UTC),
	}
}

// heard waits until the follower was told of the setting.
func heard(t testing.TB, c <-chan *wire.PolicySetting, want *wire.PolicySetting) {
	t.Helper()
	for {
		got := next(t, c)
		if got == nil && want == nil || got != nil && want != nil && *got == *want {
			return
		}
	}
}

// What is set is read and heard by all, the newest last, and gone when it is
// taken away.
func testSettings(t *testing.T, s Server) {
	one, other := join(t, s), join(t, s)
	must(t, one.Settings.ResetPolicy(t.Context()))
	t.Cleanup(func() { resetPolicy(t, s) })
	told, fn := into[*wire.PolicySetting]()
	stop := started(t, other)(other.Settings.Follow(fn))
	heard(t, told, nil)
	if got, err := other.Settings.Policy(t.Context()); got != nil || err != nil {
		t.Fatalf("before anybody set it: %+v, %v", got, err)
	}
	for _, want := range []wire.PolicySetting{setting("fifo"), setting("greedy"), setting("optimal")} {
		must(t, one.Settings.SetPolicy(t.Context(), want))
		if got, err := other.Settings.Policy(t.Context()); err != nil || *got != want {
			t.Fatalf("read %+v, %v, want %+v", got, err, want)
		}
		heard(t, told, &want)
	}
	must(t, one.Settings.ResetPolicy(t.Context()))
	heard(t, told, nil)
	must(t, one.Settings.ResetPolicy(t.Context()))

	stop()
	stop()
	must(t, one.Settings.SetPolicy(t.Context(), setting("fifo")))
	must(t, other.Flush(t.Context()))
	if len(told) != 0 {
		t.Errorf("told %+v after the stop", <-told)
	}
}

// Who comes later is told what was set before, by somebody who has gone.
func testSettingsLate(t *testing.T, s Server) {
	early := join(t, s)
	t.Cleanup(func() { resetPolicy(t, s) })
	want := setting("greedy")
	must(t, early.Settings.SetPolicy(t.Context(), want))
	early.Close()
	late := join(t, s)
	told, fn := into[*wire.PolicySetting]()
	started(t, late)(late.Settings.Follow(fn))
	heard(t, told, &want)
}

// resetPolicy leaves the server to others as it was.
func resetPolicy(t testing.TB, s Server) {
	b, err := natsbus.Connect(t.Context(), s.Options())
	if err != nil {
		return // it is gone, and with it what was set
	}
	defer b.Close()
	_ = b.Settings.ResetPolicy(t.Context())
}
