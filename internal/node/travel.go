package node

import (
	"context"
	"fmt"
	"os"
	"time"
	_ "time/tzdata" // images without a zone database know the cities' clocks, too

	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/road"
	"github.com/cabstand/cabstand/internal/trip"
)

// Travel is where travel times come from, beside the road graph of Streets.
type Travel struct {
	OSRMURL        string        `name:"osrm-url" help:"OSRM server that is asked for travel times: http://host:5000."`
	OSRMPoints     int           `name:"osrm-points" default:"100" help:"Most points that OSRM accepts in a request, its --max-table-size."`
	ValhallaURL    string        `help:"Valhalla server that is asked for travel times, after OSRM if there are both: http://host:8002."`
	ValhallaPoints int           `default:"50" help:"Most points that Valhalla is given in a request."`
	ETATimeout     time.Duration `name:"eta-timeout" default:"300ms" help:"How long a server may take for the travel times of one request; then the next source is asked."`
	Speeds         string        `type:"existingfile" help:"Speeds by the hour against the road graph: CSV hour,factor, hours of the week from Monday 0:00 as 0; gzip or not."`
	Timezone       string        `default:"Local" help:"Time zone of the city, for --speeds: America/New_York; Local is this machine's."`
}

func (t Travel) validate() error {
	for setting, value := range map[string]string{"osrm-url": t.OSRMURL, "valhalla-url": t.ValhallaURL} {
		if value == "" {
			continue
		}
		if err := address(setting, value, "http", "https"); err != nil {
			return err
		}
	}
	if err := atLeast("osrm-points", t.OSRMPoints, 2); err != nil {
		return err
	}
	if err := atLeast("valhalla-points", t.ValhallaPoints, 2); err != nil {
		return err
	}
	if _, err := t.zone(); err != nil {
		return err
	}
	return positive("eta-timeout", t.ETATimeout)
}

func (t Travel) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(t.Timezone)
	if err != nil {
		return nil, &ConfigError{"timezone", t.Timezone, "a name of the IANA database, for example America/New_York, or Local"}
	}
	return zone, nil
}

// engines are the configured servers, the first to be asked first.
func (t Travel) engines() ([]*eta.Engine, error) {
	var engines []*eta.Engine
	for _, e := range []struct {
		setting string
		open    func(eta.Server) (*eta.Engine, error)
		server  eta.Server
	}{
		{"osrm-url", eta.NewOSRM, eta.Server{URL: t.OSRMURL, Timeout: t.ETATimeout, Points: t.OSRMPoints}},
		{"valhalla-url", eta.NewValhalla, eta.Server{URL: t.ValhallaURL, Timeout: t.ETATimeout, Points: t.ValhallaPoints}},
	} {
		if e.server.URL == "" {
			continue
		}
		engine, err := e.open(e.server)
		if err != nil {
			return nil, &ConfigError{e.setting, "…", err.Error()}
		}
		engines = append(engines, engine)
	}
	return engines, nil
}

// contracted is the most nodes of a graph whose hierarchy is built when the
// program starts: that of a larger one takes longer than a restart may.
const contracted = 250_000

// travel makes the ladder of travel times: whoever runs a routing server trusts
// it before the road graph, which never fails and goes before the straight line.
// graph is nil where there is none; learned is the file that keeps what rides
// teach of its speeds, "" for none.
func (p *parts) travel(t Travel, graph *road.Graph, pickupCap time.Duration, learned string) (*eta.Ladder, error) {
	engines, err := t.engines()
	if err != nil {
		return nil, err
	}
	learner := loadLearner(learned, p.log)
	speeds, err := t.speeds(learner, p.clock.Now)
	if err != nil {
		return nil, err
	}
	var sources []eta.Source
	for _, e := range engines {
		p.node.onClose(e.Close)
		sources = append(sources, e)
	}
	p.engines = engines
	if graph != nil {
		roads := eta.NewRoad(graph, eta.RoadOptions{Horizon: max(eta.DefaultHorizon, pickupCap), Speeds: speeds})
		sources = append(sources, roads)
		l := &learning{road: roads, learner: learner, file: learned, log: p.log, rides: make(chan trip.Trip, ridesQueued)}
		if graph.Len() <= contracted {
			p.node.task("hierarchy", func(context.Context) error { roads.Contract(); return nil })
		}
		p.node.task("learning", func(ctx context.Context) error { return l.run(ctx, p.bus.Trips.Subscribe) })
	}
	foot := eta.Foot{Straight: eta.DefaultStraight, Log: p.log, Stood: newRungMetric(p.registry)}
	return eta.NewLadder(foot, sources...), nil
}

// speeds are those of the configured file and of what was learned.
func (t Travel) speeds(learner *road.Learner, now func() time.Time) (*eta.Speeds, error) {
	zone, err := t.zone()
	if err != nil {
		return nil, err
	}
	speeds := &eta.Speeds{Learner: learner, Zone: zone, Now: now}
	if t.Speeds == "" {
		return speeds, nil
	}
	file, err := os.Open(t.Speeds)
	if err != nil {
		return nil, fmt.Errorf("--speeds: %w", err)
	}
	defer file.Close()
	if speeds.Hours, err = road.ReadHours(file); err != nil {
		return nil, &ConfigError{"speeds", t.Speeds, err.Error()}
	}
	return speeds, nil
}
