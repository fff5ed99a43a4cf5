package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// offerWithin is what is promised of a rider's request near a free driver.
const offerWithin = 3 * time.Second

var (
	corner  = geo.Point{Lat: 40.7306, Lon: -73.9866}
	dropoff = geo.Point{Lat: 40.7580, Lon: -73.9855}
)

func TestEmbedded_WholeRide(t *testing.T) {
	p := mustStart(t, t.TempDir())
	phone := p.shift("d1", corner)
	stream := p.dial("/v1/stream", "rider", "r1")

	asked := p.request("r1", "first", geo.Destination(corner, 45, 500))
	offer := next[wire.OfferFrame](phone, "offer", offerWithin)
	if offer.TripID != asked.ID {
		t.Errorf("offered trip %s, requested %s", offer.TripID, asked.ID)
	}
	phone.send(fmt.Sprintf(`{"type":"received","offer_id":%q}`, offer.OfferID))
	phone.send(fmt.Sprintf(`{"type":"accept","offer_id":%q}`, offer.OfferID))
	phone.awaitState(trip.Assigned)
	phone.step("arrive", asked.ID, trip.Arrived)
	phone.step("start", asked.ID, trip.Riding)
	phone.step("complete", asked.ID, trip.Completed)

	for i, state := range []trip.State{trip.Searching, trip.Assigned, trip.Arrived, trip.Riding, trip.Completed} {
		seen := next[wire.TripFrame](stream, "trip", patience).Trip
		if seen.State != state || seen.Version != int64(i+1) || seen.ID != asked.ID {
			t.Fatalf("change %d that the rider saw is version %d, %s of %s; want %s", i+1, seen.Version, seen.State, seen.ID, state)
		}
	}
	if ended := p.trip("r1", asked.ID); ended.State != trip.Completed || ended.DriverID != "d1" {
		t.Errorf("in the end the trip is %s with driver %q", ended.State, ended.DriverID)
	}
	p.stop()
}

func TestEmbedded_SurvivesKill(t *testing.T) {
	folder := t.TempDir()
	p := mustStart(t, folder)
	first := p.shift("d1", corner)
	pickup := geo.Destination(corner, 45, 500)
	assigned := p.request("r1", "first", pickup)
	taken := next[wire.OfferFrame](first, "offer", offerWithin)
	first.send(fmt.Sprintf(`{"type":"received","offer_id":%q}`, taken.OfferID))
	first.send(fmt.Sprintf(`{"type":"accept","offer_id":%q}`, taken.OfferID))
	first.awaitState(trip.Assigned)

	second := p.shift("d2", corner)
	searching := p.request("r2", "first", pickup)
	pending := next[wire.OfferFrame](second, "offer", patience)
	call[nothing](p, "driver", "d2", http.MethodPost, "/v1/offers/"+pending.OfferID+"/received", nothing{}, http.StatusNoContent)

	p.kill()
	p = mustStart(t, folder)

	if got := p.trip("r1", assigned.ID); got.State != trip.Assigned || got.DriverID != "d1" {
		t.Errorf("after the restart the accepted trip is %s with driver %q", got.State, got.DriverID)
	}
	if again := p.request("r1", "first", pickup); again.ID != assigned.ID || again.Version != 1 {
		t.Errorf("the repeated request got trip %s version %d, not the first answer", again.ID, again.Version)
	}
	if got := p.trip("r2", searching.ID); got.State != trip.Searching {
		t.Errorf("after the restart the offered trip is %s", got.State)
	}

	second = p.dial("/v1/driver/stream", "driver", "d2")
	if offer := next[wire.OfferFrame](second, "offer", patience); offer.OfferID != pending.OfferID || !offer.Received {
		t.Errorf("after the restart the pending offer is %+v, not %s", offer, pending.OfferID)
	}
	second.send(fmt.Sprintf(`{"type":"accept","offer_id":%q}`, pending.OfferID))
	second.awaitState(trip.Assigned)

	first = p.dial("/v1/driver/stream", "driver", "d1")
	first.awaitState(trip.Assigned)
	first.step("arrive", assigned.ID, trip.Arrived)
	first.step("start", assigned.ID, trip.Riding)
	first.step("complete", assigned.ID, trip.Completed)
	p.stop()
}

// A demo whose riders wait for answers of an engine that has ended does not end.
func TestEmbedded_DemoEnds(t *testing.T) {
	p := mustStart(t, t.TempDir(), "--demo", "--demo-fleet", "100")
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	type page struct{ Trips []wire.Trip }
	for deadline := time.Now().Add(3 * patience); ; <-poll.C {
		trips := call[page](p, "operator", "o1", http.MethodGet, "/v1/trips", nil, http.StatusOK).Trips
		if len(trips) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody in the demo asks for a trip")
		}
	}
	p.stop()
}

func TestConfig_NamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, args, says string }{
		{"Listen", "embedded --listen nowhere --data DIR", `--listen: "nowhere" is not accepted`},
		{"Window", "embedded --window 0s --data DIR", `--window: "0s" is not accepted`},
		{"Role", "token --role king --sub k1 --data DIR", `--role: "king" is not accepted`},
		{"Folder", "token --role rider --sub r1 --data DIR/none", "--new makes one"},
		{"Key", "token --role rider --sub r1 --auth-key short", "at least 32 bytes"},
		{"UnknownFlag", "embedded --lisen 127.0.0.1:0", "unknown flag --lisen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := exec.Command(binary, strings.Fields(strings.ReplaceAll(c.args, "DIR", t.TempDir()))...).CombinedOutput()
			if err == nil || err.Error() != "exit status 2" || !strings.Contains(string(out), c.says) {
				t.Errorf("%v, after\n%s", err, out)
			}
		})
	}
}

var flagName = regexp.MustCompile(`--[a-z][a-z-]+`)

// A setting that --help shows and the documentation does not is one that nobody
// finds; one that only the documentation has is a promise.
func TestDocs_NameEverySetting(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented, offered := map[string]bool{}, map[string]bool{}
	for _, flag := range flagName.FindAllString(string(docs), -1) {
		documented[flag] = true
	}
	for _, command := range []string{"embedded", "serve", "migrate", "token"} {
		help, err := exec.Command(binary, command, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range flagName.FindAllString(string(help), -1) {
			if offered[flag] = true; !documented[flag] {
				t.Errorf("dispatcher %s %s is not in docs/configuration.md", command, flag)
			}
		}
	}
	// Docker's, those of `simulator road`, of the program itself, and a tracker's.
	elsewhere := []string{"--target", "--out", "--version", "--dispatcher-url"}
	for flag := range documented {
		if !offered[flag] && !slices.Contains(elsewhere, flag) {
			t.Errorf("docs/configuration.md names %s, which no command takes", flag)
		}
	}
}

// nothing is an empty body.
type nothing struct{}

// shift registers a driver, connects the phone and makes it available.
func (p *program) shift(id string, at geo.Point) *socket {
	p.tb.Helper()
	body := map[string]any{"id": id, "name": "Dana", "class": "standard", "seats": 4}
	call[wire.Driver](p, "operator", "o1", http.MethodPost, "/v1/drivers", body, http.StatusCreated)
	phone := p.dial("/v1/driver/stream", "driver", id)
	if hello := next[wire.HelloFrame](phone, "hello", patience); hello.DriverID != id {
		p.tb.Errorf("hello to %q, not %q", hello.DriverID, id)
	}
	phone.send(`{"type":"status","status":"available"}`)
	phone.send(fmt.Sprintf(`{"type":"position","seq":1,"lat":%f,"lon":%f}`, at.Lat, at.Lon))
	next[wire.AckFrame](phone, "ack", patience)
	return phone
}

// request asks for a trip.
func (p *program) request(rider, key string, pickup geo.Point) wire.Trip {
	p.tb.Helper()
	body := map[string]any{"pickup": pickup, "dropoff": dropoff}
	return call[wire.Trip](p, "rider", rider, http.MethodPost, "/v1/trips", body, http.StatusCreated, "Idempotency-Key", key)
}

func (p *program) trip(rider, id string) wire.Trip {
	p.tb.Helper()
	return call[wire.Trip](p, "rider", rider, http.MethodGet, "/v1/trips/"+id, nil, http.StatusOK)
}

// step sends a step of the ride and waits until it is confirmed.
func (s *socket) step(kind, tripID string, then trip.State) {
	s.tb.Helper()
	s.send(fmt.Sprintf(`{"type":%q,"trip_id":%q}`, kind, tripID))
	s.awaitState(then)
}

func (s *socket) awaitState(state trip.State) {
	s.tb.Helper()
	for next[wire.TripFrame](s, "trip", patience).Trip.State != state {
	}
}
