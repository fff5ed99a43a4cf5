package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/coder/websocket"
	"github.com/mmcloughlin/geohash"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// The city is about where the demo's is; drivers keep to it.
var (
	middle = geo.Point{Lat: 44.205, Lon: -37.61}
	half   = geo.Point{Lat: 0.055, Lon: 0.09} // to its edges
)

const (
	slices  = 20 // frames that each second's positions come in
	speed   = 9.0
	metre   = 1 / 111_000.0 // degrees of latitude
	cellLen = 6
)

var statuses = []driver.Status{driver.Available, driver.Available, driver.EnRoute, driver.Riding, driver.Riding, driver.Waiting}

// fleet is drivers who drive about, and trips that some of them are on.
type fleet struct {
	drivers []wire.DriverOnMap
	trips   []wire.Trip
	random  *rand.Rand
}

func newFleet(drivers, trips int) *fleet {
	f := &fleet{random: rand.New(rand.NewPCG(1, 2))}
	for i := range drivers {
		f.drivers = append(f.drivers, wire.DriverOnMap{
			ID: fmt.Sprintf("bench-%05d", i), Lat: f.near(middle.Lat, half.Lat), Lon: f.near(middle.Lon, half.Lon),
			Heading: 360 * f.random.Float64(), Speed: speed, Accuracy: 6, Status: statuses[i%len(statuses)], Class: "standard",
		})
	}
	for i := range trips {
		d := &f.drivers[i*len(f.drivers)/max(1, trips)]
		d.Status, d.TripID = driver.EnRoute, fmt.Sprintf("00000000-0000-7000-8000-%012d", i)
		now := time.Now()
		f.trips = append(f.trips, wire.Trip{
			ID: d.TripID, State: trip.Assigned, Version: 2, Epoch: 1, RiderID: fmt.Sprintf("rider-%d", i), DriverID: d.ID, Class: "standard", Seats: 1,
			Pickup:  geo.Point{Lat: f.near(d.Lat, 0.006), Lon: f.near(d.Lon, 0.008)},
			Dropoff: geo.Point{Lat: f.near(d.Lat, 0.02), Lon: f.near(d.Lon, 0.03)}, RequestedAt: now, AssignedAt: &now,
		})
	}
	return f
}

func (f *fleet) near(at, by float64) float64 { return at + by*(2*f.random.Float64()-1) }

// drive moves one driver for a second.
func (f *fleet) drive(d *wire.DriverOnMap) {
	d.Heading = math.Mod(d.Heading+f.near(0, 12)+360, 360)
	sin, cos := math.Sincos(d.Heading * math.Pi / 180)
	d.Lat += speed * metre * cos
	d.Lon += speed * metre * sin / math.Cos(d.Lat*math.Pi/180)
	if math.Abs(d.Lat-middle.Lat) > half.Lat || math.Abs(d.Lon-middle.Lon) > half.Lon {
		d.Heading = math.Mod(math.Atan2((middle.Lon-d.Lon)*math.Cos(middle.Lat*math.Pi/180), middle.Lat-d.Lat)*180/math.Pi+360, 360)
	}
	d.AgeS = 0.4
}

// front is the dispatcher with the stream of the bench.
type front struct {
	*httputil.ReverseProxy
	fleet *fleet
}

func newFront(address string, f *fleet) (*front, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	return &front{httputil.NewSingleHostReverseProxy(to), f}, nil
}

func (p *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/stream" {
		p.ReverseProxy.ServeHTTP(w, r)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	p.stream(r.Context(), conn)
}

// stream tells all of the fleet, in the detail that was subscribed to last.
func (p *front) stream(ctx context.Context, conn *websocket.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	asked := make(chan wire.SubscribeFrame) // unbuffered: the reader waits for the writer
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		read(ctx, conn, asked)
	}()
	defer func() { cancel(); <-done }()
	ticker := time.NewTicker(time.Second / slices)
	defer ticker.Stop()
	detail := ""
	for n := 0; ; n++ {
		var frames []any
		select {
		case <-ctx.Done():
			return
		case f := <-asked:
			detail = f.Detail
			frames = p.fleet.all(detail)
		case <-ticker.C:
			frames = p.fleet.news(detail, n)
		}
		for _, f := range frames {
			if conn.Write(ctx, websocket.MessageText, wire.Encode(f)) != nil {
				return
			}
		}
	}
}

func read(ctx context.Context, conn *websocket.Conn, asked chan<- wire.SubscribeFrame) {
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var f wire.SubscribeFrame
		if json.Unmarshal(data, &f) != nil {
			return
		}
		if f.Detail == "" {
			f.Detail = wire.DetailDrivers
		}
		select {
		case asked <- f:
		case <-ctx.Done():
			return
		}
	}
}

// all is where everything stands.
func (f *fleet) all(detail string) []any {
	frames := []any{wire.SubscribedFrame{Type: wire.FrameSubscribed, Cells: []string{}, Detail: detail}}
	if detail == wire.DetailCells {
		return append(frames, f.cells())
	}
	for _, t := range f.trips {
		frames = append(frames, wire.TripFrame{Type: wire.FrameTrip, Trip: t})
	}
	return append(frames, wire.PositionsFrame{Type: wire.FramePositions, Cell: "bench", Drivers: f.drivers})
}

// news is what goes out in a slice of a second.
func (f *fleet) news(detail string, n int) []any {
	if detail == "" {
		return nil
	}
	share := len(f.drivers) / slices
	part := f.drivers[n%slices*share : (n%slices+1)*share]
	for i := range part {
		f.drive(&part[i])
	}
	var frames []any
	if n%slices == 0 {
		frames = append(frames, f.stats())
	}
	switch {
	case detail == wire.DetailDrivers:
		frames = append(frames, wire.PositionsFrame{Type: wire.FramePositions, Cell: "bench", Drivers: part})
	case n%slices == 0:
		frames = append(frames, f.cells())
	}
	return frames
}

func (f *fleet) cells() wire.CellsFrame {
	counts := map[string]*wire.CellCount{}
	for _, d := range f.drivers {
		cell := geohash.EncodeWithPrecision(d.Lat, d.Lon, cellLen)
		if counts[cell] == nil {
			counts[cell] = &wire.CellCount{Cell: cell}
		}
		if d.Status == driver.Available {
			counts[cell].Available++
		} else {
			counts[cell].Busy++
		}
	}
	frame := wire.CellsFrame{Type: wire.FrameCells}
	for _, c := range counts {
		frame.Cells = append(frame.Cells, *c)
	}
	return frame
}

func (f *fleet) stats() wire.StatsFrame {
	byStatus := map[driver.Status]int{}
	for _, d := range f.drivers {
		byStatus[d.Status]++
	}
	return wire.StatsFrame{Type: wire.FrameStats, At: time.Now(), WindowS: 300, Active: len(f.trips), Drivers: byStatus, Degraded: []string{}}
}
