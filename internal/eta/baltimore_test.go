package eta_test

import (
	"bufio"
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/match"
)

const (
	valhallaFolder = "testdata/valhalla"
	valhallaWithin = 2 * time.Minute // it has built its tiles, on a slow machine
)

// mustBaltimore starts a real Valhalla on the extract of Baltimore. stop ends it
// before the test does.
func mustBaltimore(tb testing.TB) (url string, stop func()) {
	tb.Helper()
	dir := os.Getenv("CABSTAND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	extract, err := filepath.Abs(filepath.Join(dir, "osm", "baltimore.osm.pbf"))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(extract); err != nil {
		tb.Skipf("the extract of Baltimore is absent: put osm/baltimore.osm.pbf into %s, or set CABSTAND_DATA", dir)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		tb.Skip("node is not installed; `make deps` installs it")
	}
	mustInstallValhalla(tb)
	return startValhalla(tb, node, extract)
}

// mustInstallValhalla installs what package-lock.json pins, if it is not there.
func mustInstallValhalla(tb testing.TB) {
	tb.Helper()
	if _, err := os.Stat(filepath.Join(valhallaFolder, "node_modules", ".package-lock.json")); err == nil {
		return
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		tb.Skip("npm is not installed; `make deps` installs it")
	}
	install := exec.Command(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = valhallaFolder
	if out, err := install.CombinedOutput(); err != nil {
		tb.Skipf("Valhalla cannot be installed: npm ci: %v\n%s", err, out)
	}
}

func startValhalla(tb testing.TB, node, extract string) (url string, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), valhallaWithin)
	server := exec.CommandContext(ctx, node, "server.mjs", extract, tb.TempDir())
	server.Dir = valhallaFolder
	var log bytes.Buffer
	server.Stderr = &log
	server.WaitDelay = time.Second
	stdin, err := server.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		stdin.Close()
		if err := server.Wait(); err != nil {
			tb.Errorf("valhalla ended with %v:\n%s", err, &log)
		}
		cancel()
	}
	tb.Cleanup(stop)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			return url, stop
		}
	}
	tb.Fatalf("valhalla does not listen:\n%s", &log)
	return "", nil
}

// downtown is n points in the part of Baltimore that the extract has.
func downtown(n int) []geo.Point {
	rng := rand.New(rand.NewPCG(1, 1))
	points := make([]geo.Point, n)
	for i := range points {
		points[i] = geo.Point{Lat: 39.282 + 0.02*rng.Float64(), Lon: -76.602 + 0.05*rng.Float64()}
	}
	return points
}

func TestValhalla_Baltimore(t *testing.T) {
	url, stop := mustBaltimore(t)
	e := mustValhalla(t, eta.Server{URL: url, Timeout: patient})
	if err := e.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	points := downtown(121)
	from, to := points[1:], points[0]

	t.Run("Chunks", func(t *testing.T) {
		whole := mustPickups(t, e, from, to)
		small := mustPickups(t, mustValhalla(t, eta.Server{URL: url, Timeout: patient, Points: 7}), from, to)
		if !slices.Equal(whole, small) {
			t.Errorf("in chunks of 49 %v\nin chunks of 6  %v", whole, small)
		}
		if _, err := mustValhalla(t, eta.Server{URL: url, Timeout: patient, Points: 100}).Pickups(t.Context(), from, to); err == nil {
			t.Error("the server accepts more than 50 pairs: chunks are not tried here")
		}
	})
	t.Run("Plausible", func(t *testing.T) { checkPlausible(t, e, from, to) })
	t.Run("OffMap", func(t *testing.T) {
		washington := geo.Point{Lat: 38.9, Lon: -77.04}
		asked := slices.Insert(slices.Clone(from), 17, washington)
		want := slices.Insert(mustPickups(t, e, from, to), 17, eta.Unknown)
		if got := mustPickups(t, e, asked, to); !slices.Equal(got, want) {
			t.Errorf("with one from Washington %v\nwant %v", got, want)
		}
	})
	t.Run("Ladder", func(t *testing.T) {
		ladder := eta.NewLadder(foot(&bytes.Buffer{}, nil), e)
		if _, rung := ladder.Times(t.Context(), from, to); rung != match.Valhalla {
			t.Errorf("rung = %s, want valhalla", rung)
		}
		stop()
		times, rung := ladder.Times(t.Context(), from, to)
		if want, _ := eta.DefaultStraight.Times(t.Context(), from, to); rung != match.Straight || !slices.Equal(times, want) {
			t.Errorf("without the server: rung %s", rung)
		}
		if err := e.Ping(t.Context()); err == nil {
			t.Error("a server that ended answers a ping")
		}
	})
}

// checkPlausible holds rides against the straight line: no shorter, nobody flies
// or crawls, and there takes about as long as back.
func checkPlausible(t *testing.T, e *eta.Engine, from []geo.Point, to geo.Point) {
	const snapped = 400 // metres at most between a point in the harbour and a street, at both ends together
	times := mustPickups(t, e, from, to)
	var there, back time.Duration
	far := 0
	for i, p := range from {
		crow := geo.Distance(p, to)
		out, err := e.Ride(t.Context(), p, to)
		if err != nil {
			t.Fatal(err)
		}
		in, err := e.Ride(t.Context(), to, p)
		if err != nil {
			t.Fatal(err)
		}
		if out.Takes != times[i] {
			t.Errorf("from %v: %v as a ride, %v as a pickup", p, out.Takes, times[i])
		}
		if crow < 1000 {
			continue
		}
		far++
		there, back = there+out.Takes, back+in.Takes
		if speed := out.Metres / out.Takes.Seconds(); speed < 2 || speed > 30 || out.Metres < crow-snapped || out.Metres > 4*crow {
			t.Errorf("from %v: %v m in %v, %v m as the crow flies", p, out.Metres, out.Takes, crow)
		}
	}
	if ratio := there.Seconds() / back.Seconds(); far < len(from)/3 || ratio < 0.7 || ratio > 1.4 {
		t.Errorf("%d rides there take %v, back %v", far, there, back)
	}
}
