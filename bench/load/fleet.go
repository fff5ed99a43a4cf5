package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
)

// repeat is how often a phone says where it is.
const repeat = 4 * time.Second

// fleet is drivers who take every offer, and drive it at once to its end: so each
// of them is free again when the engine is done with the trip.
type fleet struct {
	offers *offers
	group  sync.WaitGroup
	mu     sync.Mutex
	failed error // the first socket that ended before its time
}

// openFleet registers drivers and opens their sockets.
func (r *rig) openFleet(ctx context.Context, o *offers) (*fleet, error) {
	f := &fleet{offers: o}
	ctx, stop := context.WithCancel(ctx)
	r.onClose(func() error { stop(); f.group.Wait(); return nil })
	tracker := "ws" + strings.TrimPrefix(r.programs["tracker"].url, "http")
	for i := range r.config.Drivers {
		id := fmt.Sprintf("driver-%d", i)
		if _, _, err := r.store.Register(ctx, driver.Profile{ID: id, Name: id, Class: driver.Standard, Seats: 4, CreatedAt: time.Now().UTC()}); err != nil {
			return nil, err
		}
		token, err := r.issuer.Issue(trip.Driver, id, 24*time.Hour)
		if err != nil {
			return nil, err
		}
		conn, _, err := websocket.Dial(ctx, tracker+"/v1/driver/stream?access_token="+token, nil)
		if err != nil {
			return nil, err
		}
		conn.SetReadLimit(1 << 20)
		c := &cabbie{fleet: f, conn: conn, done: map[string]int{}}
		f.group.Go(func() { defer conn.CloseNow(); f.note(ctx, c.hear(ctx)) })
		f.group.Go(func() { f.note(ctx, c.report(ctx)) })
	}
	return f, nil
}

func (f *fleet) note(ctx context.Context, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && ctx.Err() == nil && f.failed == nil {
		f.failed = err
	}
}

func (f *fleet) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// cabbie is a driver's phone.
type cabbie struct {
	fleet *fleet
	conn  *websocket.Conn
	done  map[string]int // by trip: how many steps were taken
}

func (c *cabbie) send(ctx context.Context, format string, args ...any) error {
	return c.conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
}

// report tells where the driver is.
func (c *cabbie) report(ctx context.Context) error {
	if err := c.send(ctx, `{"type":"status","status":"available"}`); err != nil {
		return err
	}
	at := somewhere()
	again := time.NewTicker(repeat)
	defer again.Stop()
	for seq := 1; ; seq++ {
		err := c.send(ctx, `{"type":"position","seq":%d,"lat":%f,"lon":%f,"t":%d,"speed":0,"heading":90,"accuracy":5}`, seq, at.Lat, at.Lon, time.Now().UnixMilli())
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

// frame is what a phone reads of a frame.
type frame struct {
	Type    string `json:"type"`
	OfferID string `json:"offer_id"`
	TripID  string `json:"trip_id"`
	Trip    struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"trip"`
}

// hear answers what comes until the socket ends.
func (c *cabbie) hear(ctx context.Context) error {
	for {
		_, data, err := c.conn.Read(ctx)
		if err != nil {
			return err
		}
		heard := time.Now()
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			return err
		}
		if err := c.answer(ctx, f, heard); err != nil {
			return err
		}
	}
}

// stages is the states in which a driver does something, and what.
var stages = []struct{ state, step string }{{"assigned", "arrive"}, {"arrived", "start"}, {"riding", "complete"}}

func (c *cabbie) answer(ctx context.Context, f frame, heard time.Time) error {
	switch f.Type {
	case "offer":
		c.fleet.offers.shown(f.TripID, heard)
		if err := c.send(ctx, `{"type":"received","offer_id":%q}`, f.OfferID); err != nil {
			return err
		}
		return c.send(ctx, `{"type":"accept","offer_id":%q}`, f.OfferID)
	case "trip":
		return c.drive(ctx, f.Trip.ID, f.Trip.State)
	}
	return nil
}

// drive takes the next step of a trip. News of it may come twice, and late.
func (c *cabbie) drive(ctx context.Context, tripID, state string) error {
	if steps, known := c.done[tripID]; state == "completed" && known && steps == len(stages) {
		c.fleet.offers.completed.Add(1)
		delete(c.done, tripID)
	}
	for i, s := range stages {
		if s.state == state && c.done[tripID] == i {
			c.done[tripID]++
			return c.send(ctx, `{"type":%q,"trip_id":%q}`, s.step, tripID)
		}
	}
	return nil
}
