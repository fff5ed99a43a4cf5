package api_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/memgeo"
	"github.com/cabstand/cabstand/internal/nearby"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
)

// BenchmarkNearby asks for the 20 nearest of a dense city over a connection that
// is kept open. The client, which is in here too, sends bytes that were made
// before and reads answers without looking at them. A name that is escaped sends
// a question the long way, as all did before there was a short one.
func BenchmarkNearby(b *testing.B) {
	for _, drivers := range []int{10_000, 100_000} {
		for _, radius := range []int{1000, 3000} {
			for _, role := range []trip.Role{trip.Operator, trip.Rider} {
				for way, lat := range map[string]string{"short": "lat", "long": "%6Cat"} {
					b.Run(fmt.Sprintf("%d/%dm/%s/%s", drivers, radius, role, way), func(b *testing.B) { benchNearby(b, drivers, radius, role, lat) })
				}
			}
		}
	}
}

func benchNearby(b *testing.B, drivers, radius int, role trip.Role, lat string) {
	key := bytes.Repeat([]byte("k"), 32)
	places := memgeo.New()
	if err := places.Apply(b.Context(), denseCity(drivers)); err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	a := api.New(api.Deps{
		Desk: &dispatch.Desk{Limits: dispatch.DefaultLimits}, Locations: nearby.New(nearby.Deps{Store: places, Forget: time.Hour, Now: time.Now}),
		Hub: watch.New(watch.Deps{Log: log, Now: time.Now}), Verifier: must[*auth.Verifier](b)(auth.NewVerifier(key, time.Now)),
		Policies: dispatch.NewSwitch(dispatch.New(dispatch.DefaultConfig, dispatch.Deps{}), nil, log),
		Tariff:   fare.DefaultTariff(), QuoteKey: key, Registry: prometheus.NewRegistry(), Now: time.Now, Log: log,
		Pace: api.Pace{PerSecond: 1e9, Burst: 1e9}, OperatorPace: api.Pace{PerSecond: 1e9, Burst: 1e9},
	})
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	token := must[string](b)(must[*auth.Issuer](b)(auth.NewIssuer(key, time.Now)).Issue(role, "somebody", time.Hour))
	conn := must[net.Conn](b)((&net.Dialer{}).DialContext(context.Background(), "tcp", server.Listener.Addr().String()))
	defer conn.Close()
	random := rand.New(rand.NewPCG(1, 2))
	requests := make([][]byte, 256)
	for i := range requests {
		p := geo.Destination(pickup, 360*random.Float64(), 2000*random.Float64())
		requests[i] = fmt.Appendf(nil, "GET /v1/drivers/nearby?%s=%.6f&lon=%.6f&radius_m=%d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", lat, p.Lat, p.Lon, radius, token)
	}
	answers := bufio.NewReaderSize(conn, 64<<10)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := conn.Write(requests[i%len(requests)]); err != nil {
			b.Fatal(err)
		}
		if status, err := skipAnswer(answers); err != nil || status != http.StatusOK {
			b.Fatal(status, err)
		}
	}
}

// skipAnswer reads past an answer.
func skipAnswer(r *bufio.Reader) (status int, err error) {
	length := -1
	for line := 0; ; line++ {
		text, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return 0, err
		case line == 0:
			if _, err := fmt.Sscanf(string(text), "HTTP/1.1 %d", &status); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(text, []byte("Content-Length: ")):
			for _, c := range bytes.TrimSpace(text[len("Content-Length: "):]) {
				length = max(length, 0)*10 + int(c-'0')
			}
		case len(text) == 2 && length >= 0:
			_, err := r.Discard(length)
			return status, err
		case len(text) == 2:
			return status, skipChunks(r)
		}
	}
}

func skipChunks(r *bufio.Reader) error {
	for {
		var n int
		text, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if _, err := fmt.Sscanf(string(text), "%x", &n); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, int64(n)+2); err != nil || n == 0 {
			return err
		}
	}
}

// denseCity has most of its drivers in the middle.
func denseCity(n int) []driver.Location {
	random := rand.New(rand.NewPCG(3, 4))
	now := time.Now().UTC().Truncate(time.Millisecond)
	batch := make([]driver.Location, n)
	for i := range batch {
		batch[i] = driver.Location{
			DriverID: fmt.Sprintf("driver-%06d", i),
			Position: driver.Position{
				Point: sixPlaces(geo.Destination(pickup, 360*random.Float64(), 4000*random.ExpFloat64())), FixedAt: now,
				Speed: float64(random.IntN(150)) / 10, Heading: float64(random.IntN(360)), Accuracy: 5,
			},
			Class: driver.Standard, Seats: 4, Available: i%3 > 0, SeenAt: now.Add(time.Duration(random.IntN(4000)) * time.Millisecond).Add(time.Hour),
		}
	}
	return batch
}

// sixPlaces is what phones send.
func sixPlaces(p geo.Point) geo.Point {
	return geo.Point{Lat: math.Round(p.Lat*1e6) / 1e6, Lon: math.Round(p.Lon*1e6) / 1e6}
}
