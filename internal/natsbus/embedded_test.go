package natsbus_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/trip"
)

const (
	childFolder = "CABSTAND_TEST_BUS_FOLDER" // makes the test binary a process that is to be killed
	childEvents = 500
)

// What the bus acknowledged is there after kill -9.
func TestEmbedded_Killed(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env, child.Stderr = append(os.Environ(), childFolder+"="+dir), os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "stored\n" {
		t.Errorf("the child said %q, %v", line, err)
	}
	_ = child.Process.Kill()
	_ = child.Wait() // "signal: killed"

	s := &embedded{dir: dir}
	s.start(t)
	defer s.server.Stop()
	c, err := nats.Connect("", nats.InProcessServer(s.server))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "TRIPS")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != childEvents {
		t.Errorf("%d events after the kill, want %d", n, childEvents)
	}
}

// runChild stores events, says so, and waits to be killed.
func runChild(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := natsbus.StartEmbedded(dir)
	if err != nil {
		return err
	}
	bus, err := natsbus.Connect(ctx, natsbus.Options{Embedded: server})
	if err != nil {
		return err
	}
	events := make([]trip.Event, childEvents)
	for i := range events {
		v := int64(i + 1)
		events[i] = trip.Event{TripID: "t1", Version: v, Trip: trip.Trip{ID: "t1", Version: v, Pickup: geo.Point{Lat: 40.7, Lon: -74}}}
	}
	if _, err := bus.Trips.Publish(ctx, events); err != nil {
		return err
	}
	fmt.Println("stored")
	<-ctx.Done()
	return ctx.Err()
}
