package detour_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/detour"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dispatcher answers as it is told to, and counts.
type dispatcher struct {
	*httptest.Server
	status   atomic.Int64
	commands atomic.Int64
	asked    atomic.Int64 // about drivers
}

func newDispatcher(t *testing.T) *dispatcher {
	d := &dispatcher{}
	d.status.Store(http.StatusOK)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/tracker/command", func(w http.ResponseWriter, r *http.Request) {
		d.commands.Add(1)
		var c wire.Command
		d.answer(t, w, r, &c, func() any { return wire.Reply{Detail: "done for " + c.DriverID} })
	})
	mux.HandleFunc("POST /v1/tracker/pending", func(w http.ResponseWriter, r *http.Request) {
		var asks wire.Asks
		d.answer(t, w, r, &asks, func() any {
			d.asked.Add(int64(len(asks.Drivers)))
			if len(asks.Drivers) > wire.AsksAtOnce {
				t.Errorf("asked about %d drivers at once", len(asks.Drivers))
			}
			return wire.Answers{Drivers: []wire.Answer{{DriverID: "d1"}}}
		})
	})
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	return d
}

func (d *dispatcher) answer(t *testing.T, w http.ResponseWriter, r *http.Request, in any, out func() any) {
	if r.Header.Get("Authorization") != "Bearer token" {
		t.Error("a call has no token")
	}
	if err := json.NewDecoder(r.Body).Decode(in); err != nil {
		t.Error(err)
	}
	status := int(d.status.Load())
	if asks, ok := in.(*wire.Asks); ok && asks.Drivers[0].DriverID == "unlucky" {
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
	_, _ = w.Write(wire.Encode(out()))
}

func newClient(t *testing.T, dispatchers ...*dispatcher) *detour.Client {
	var urls []string
	for _, d := range dispatchers {
		urls = append(urls, d.URL+"/")
	}
	c := detour.New(urls, func() (string, error) { return "token", nil })
	t.Cleanup(c.Close)
	return c
}

// A command goes to a dispatcher that answers, and the next ones go there first.
func TestClient_Do(t *testing.T) {
	first, second := newDispatcher(t), newDispatcher(t)
	c := newClient(t, first, second)
	first.status.Store(http.StatusServiceUnavailable)
	for range 3 {
		reply, err := c.Do(t.Context(), wire.Command{Kind: wire.CommandConnect, DriverID: "d1"})
		if err != nil || reply.Detail != "done for d1" {
			t.Fatalf("answers %+v, %v", reply, err)
		}
	}
	if first.commands.Load() != 1 || second.commands.Load() != 3 {
		t.Errorf("asked %d and %d times", first.commands.Load(), second.commands.Load())
	}
	second.Close()
	if _, err := c.Do(t.Context(), wire.Command{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("with nobody there: %v", err)
	}
	first.status.Store(http.StatusOK)
	if _, err := c.Do(t.Context(), wire.Command{}); err != nil {
		t.Errorf("with one back: %v", err)
	}
}

// What must not be carried out twice goes to a second dispatcher only where the
// first cannot have heard of it.
func TestClient_DoOnce(t *testing.T) {
	for _, command := range []wire.Command{{Kind: wire.CommandStart, PIN: "1234"}, {Kind: wire.CommandCancel, TripID: "t1"}} {
		first, second := newDispatcher(t), newDispatcher(t)
		c := newClient(t, first, second)
		first.status.Store(http.StatusServiceUnavailable)
		if _, err := c.Do(t.Context(), command); !fault.Is(err, fault.Unavailable) || first.commands.Load() != 1 || second.commands.Load() != 0 {
			t.Errorf("%s: asked %d and %d times: %v", command.Kind, first.commands.Load(), second.commands.Load(), err)
		}
		second.Close()
		first.status.Store(http.StatusOK)
		if _, err := c.Do(t.Context(), command); err != nil || first.commands.Load() != 2 {
			t.Errorf("%s, where the other is not there: %v", command.Kind, err)
		}
	}
}

// Each dispatcher is asked in its turn about all drivers, in parts that it accepts.
func TestClient_Pending(t *testing.T) {
	first, second := newDispatcher(t), newDispatcher(t)
	c := newClient(t, first, second)
	asks := make([]wire.Ask, 2*wire.AsksAtOnce+1)
	for range 4 {
		if answers, err := c.Pending(t.Context(), asks); err != nil || len(answers) != 3 {
			t.Fatalf("answers %+v, %v", answers, err)
		}
	}
	for _, d := range []*dispatcher{first, second} {
		if d.asked.Load() != 2*int64(len(asks)) {
			t.Errorf("a dispatcher was asked about %d drivers", d.asked.Load())
		}
	}
	if c.Dispatchers() != 2 {
		t.Error("there are two")
	}
}

// Whom a part that failed did not ask about does not cost the others their answers.
func TestClient_PendingInPart(t *testing.T) {
	c := newClient(t, newDispatcher(t), newDispatcher(t))
	asks := make([]wire.Ask, 2*wire.AsksAtOnce+1)
	asks[0].DriverID = "unlucky"
	answers, err := c.Pending(t.Context(), asks)
	if !fault.Is(err, fault.Unavailable) || len(answers) != 2 {
		t.Errorf("answers %+v, %v; want those of the other two parts", answers, err)
	}
}

func TestClient_NoToken(t *testing.T) {
	d := newDispatcher(t)
	broken := errors.New("no token")
	c := detour.New([]string{d.URL}, func() (string, error) { return "", broken })
	if _, err := c.Do(t.Context(), wire.Command{}); !errors.Is(err, broken) || d.commands.Load() != 0 {
		t.Errorf("%v after %d calls", err, d.commands.Load())
	}
}
