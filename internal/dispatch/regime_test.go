package dispatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// What is set is what is in force: nothing is lost on the way through the public
// form.
func TestRegime_Public(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		span := func(name string, least, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(least.Milliseconds(), most.Milliseconds()).Draw(r, name)) * time.Millisecond
		}
		want := dispatch.Regime{Window: span("window", time.Millisecond, dispatch.LongestWindow), Policy: dispatch.Policy{
			Name:      rapid.SampledFrom(dispatch.Policies).Draw(r, "name"),
			PickupCap: span("cap", time.Second, 24*time.Hour), Unserved: span("unserved", 0, 24*time.Hour),
			Aging: rapid.Float64Range(0, 1000).Draw(r, "aging"), Fairness: rapid.Float64Range(0, 1000).Draw(r, "fairness"),
			Swap: rapid.Bool().Draw(r, "swap"), SwapThreshold: span("threshold", 0, time.Hour), SwapEvery: span("every", time.Second, time.Hour),
			SwapLoss: span("loss", 0, time.Hour), SwapIdle: rapid.Bool().Draw(r, "idle"), MaxSwaps: rapid.IntRange(-1, 9).Draw(r, "max"),
			Forward: span("forward", 0, 10*time.Minute),
		}}
		if err := want.Validate(); err != nil {
			r.Fatal(err)
		}
		if got := dispatch.RegimeOf(want.Public()); got != want {
			r.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestRegime_Refused(t *testing.T) {
	good := dispatch.Regime{Policy: dispatch.DefaultPolicy, Window: time.Second}.Public()
	for field, spoil := range map[string]func(*wire.Policy){
		"policy":     func(p *wire.Policy) { p.Policy = "best" },
		"window":     func(p *wire.Policy) { p.WindowS = 1e300 },
		"pickup_cap": func(p *wire.Policy) { p.PickupCapS = -1e300 },
		"unserved":   func(p *wire.Policy) { p.UnservedS = 1e18 },
		"aging":      func(p *wire.Policy) { p.Aging = math.NaN() },
		"forward":    func(p *wire.Policy) { p.ForwardS = 601 },
	} {
		p := good
		spoil(&p)
		d := dispatch.New(dispatch.DefaultConfig, dispatch.Deps{})
		err := d.SetRegime(dispatch.RegimeOf(p))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
		if got := d.Regime(); got.Window != dispatch.DefaultConfig.Window || got.Policy != dispatch.DefaultConfig.Policy {
			t.Errorf("%s: something refused is in force: %+v", field, got)
		}
	}
}

// What is not understood here, set by a newer version perhaps, changes nothing.
func TestSwitch_NotUnderstood(t *testing.T) {
	d := dispatch.New(dispatch.DefaultConfig, dispatch.Deps{})
	log := &bytes.Buffer{}
	s := dispatch.NewSwitch(d, nil, slog.New(slog.NewTextHandler(log, nil)))
	set := wire.PolicySetting{Policy: s.Configured(), SetBy: "o1"}
	set.Policy.Policy = dispatch.Fifo
	s.Hear(&set)
	strange := set
	strange.Policy.Policy = "learned"
	s.Hear(&strange)
	if got := d.Policy().Name; got != dispatch.Fifo || !strings.Contains(log.String(), "learned") {
		t.Errorf("the dispatcher goes by %s, the log tells %s", got, log)
	}
	s.Hear(nil)
	if got := d.Policy().Name; got != dispatch.DefaultPolicy.Name {
		t.Errorf("after the reset by %s", got)
	}
}

type nothing struct{ dispatch.Trips }

func (nothing) Unfinished(context.Context, string, int) ([]*trip.Trip, error) { return nil, nil }

// lonely is peers and signals of a dispatcher who is alone.
type lonely struct{}

func (lonely) Live() []string                             { return []string{"one"} }
func (lonely) OnNudge(func(wire.Nudge)) (func(), error)   { return func() {}, nil }
func (lonely) Nudge(context.Context, wire.Nudge) error    { return nil }
func (lonely) Subscribe(func(trip.Event)) (func(), error) { return func() {}, nil }

// Ticks come at another window without a restart.
func TestDispatcher_WindowSwitches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := dispatch.DefaultConfig
		config.ID, config.Window = "one", 2*time.Second
		var ticks []time.Time
		d := dispatch.New(config, dispatch.Deps{
			Trips: nothing{}, Peers: lonely{}, Signals: lonely{}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Ticked: func(dispatch.Tick) { ticks = append(ticks, time.Now()) },
		})
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		time.AfterFunc(5*time.Second, func() {
			r := d.Regime()
			r.Window = 500 * time.Millisecond
			if err := d.SetRegime(r); err != nil {
				t.Error(err)
			}
		})
		began := time.Now()
		if err := d.Run(ctx); err != nil {
			t.Fatal(err)
		}
		var after []time.Duration // 2, 4, 6 s, then every half second
		for _, at := range ticks {
			after = append(after, at.Sub(began))
		}
		if len(after) < 10 || after[1] != 4*time.Second || after[2] != 6*time.Second || after[3] != 6500*time.Millisecond || after[9] != 9500*time.Millisecond {
			t.Errorf("ticks after %v", after)
		}
	})
}

// What is accepted of a policy has bounds, and is the same when it is read again.
func FuzzRegimeOf(f *testing.F) {
	good, err := json.Marshal(dispatch.Regime{Policy: dispatch.DefaultConfig.Policy, Window: dispatch.DefaultConfig.Window}.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"policy":"optimal","window_s":1e308,"aging":-1e308}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p wire.Policy
		if json.Unmarshal(data, &p) != nil {
			return
		}
		r := dispatch.RegimeOf(p)
		if err := r.Validate(); err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		if r.Window <= 0 || r.Window > dispatch.LongestWindow || r.PickupCap <= 0 || r.PickupCap > 24*time.Hour {
			t.Errorf("%q is accepted: %+v", data, r)
		}
		if again := dispatch.RegimeOf(r.Public()); again != r {
			t.Errorf("%+v becomes %+v", r, again)
		}
	})
}
