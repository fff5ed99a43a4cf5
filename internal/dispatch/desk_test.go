package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// give makes the trip the driver's, without a tick.
func (c *city) give(t *trip.Trip, driverID string, slot int, reason string) *trip.Trip {
	c.tb.Helper()
	moved, err := c.store.Exchange(c.ctx, []trip.Move{{
		TripID: t.ID, Epoch: t.Epoch, From: t.DriverID, To: driverID, Slot: slot, OfferID: c.newID(), Reason: reason, Now: c.now,
	}})
	if err != nil {
		c.tb.Fatal(err)
	}
	return moved[0]
}

// lastTrip is the newest trip frame that was pushed to the driver.
func (c *city) lastTrip(driverID string) (last wire.TripFrame) {
	c.tb.Helper()
	for _, p := range c.pushed[driverID] {
		if p.TripID == "" {
			continue
		}
		if err := json.Unmarshal(p.Frame, &last); err != nil {
			c.tb.Fatal(err)
		}
	}
	return last
}

func TestDesk_NotifyOfASwap(t *testing.T) {
	c := mustCity(t)
	tr := c.give(c.request(), "far", 0, "")
	c.give(tr, "near", 0, "swapped: another driver is 40 s nearer")
	events, err := c.store.Events(c.ctx, tr.ID, tr.Version)
	if err != nil || len(events) != 1 {
		t.Fatalf("events %+v, %v", events, err)
	}
	c.desk.Notify(c.ctx, events[0])
	won, lost := c.lastTrip("near"), c.lastTrip("far")
	if won.Trip.DriverID != "near" || won.Reason != "swapped: another driver is 40 s nearer" {
		t.Errorf("the driver who has it now is told %+v", won)
	}
	if lost.Trip.ID != tr.ID || lost.Trip.DriverID != "" || lost.Reason != won.Reason {
		t.Errorf("the driver who had it is told %+v; whose it is now is not to be known", lost)
	}
	_, err = c.desk.Arrive(c.ctx, "far", tr.ID)
	if !fault.Is(err, fault.WrongState) {
		t.Errorf("the driver who had it arrives: %v", err)
	}
}

// A driver who lost a trip and got it back has two times with it: a step that
// names the first changes nothing, one that names the second counts, and so does
// its repetition.
func TestDesk_StepsNameTheirEpoch(t *testing.T) {
	c := mustCity(t)
	tr := c.give(c.request(), "d", 0, "")
	first := tr.Epoch
	tr = c.give(c.give(tr, "other", 0, ""), "d", 0, "")
	do := func(kind wire.CommandKind, epoch int64) error {
		_, err := c.desk.Do(c.ctx, wire.Command{Kind: kind, DriverID: "d", TripID: tr.ID, Epoch: epoch})
		return err
	}
	for _, kind := range []wire.CommandKind{wire.CommandArrive, wire.CommandStart, wire.CommandComplete} {
		if err := do(kind, first); !fault.Is(err, fault.WrongState) {
			t.Errorf("a late %s: %v", kind, err)
		}
		if err := do(wire.CommandCancel, first); !fault.Is(err, fault.WrongState) {
			t.Errorf("a late cancel before %s: %v", kind, err)
		}
		for _, epoch := range []int64{tr.Epoch, tr.Epoch, 0} {
			if err := do(kind, epoch); err != nil {
				t.Errorf("%s of epoch %d: %v", kind, epoch, err)
			}
		}
	}
	if done := c.read(tr.ID); done.State != trip.Completed || done.Version != tr.Version+3 {
		t.Errorf("in the end the trip is %s, version %d after %d", done.State, done.Version, tr.Version)
	}
}

// A driver's cancellation that is repeated is answered as the first time, though
// the epoch that it names is over.
func TestDesk_CancelOfAnEpochMayBeRepeated(t *testing.T) {
	c := mustCity(t)
	tr := c.give(c.request(), "d", 0, "")
	for range 2 {
		if _, err := c.desk.Do(c.ctx, wire.Command{Kind: wire.CommandCancel, DriverID: "d", TripID: tr.ID, Epoch: tr.Epoch}); err != nil {
			t.Fatal(err)
		}
	}
	if now := c.read(tr.ID); now.State != trip.Searching || now.Epoch != tr.Epoch+1 {
		t.Errorf("the trip is %s at epoch %d", now.State, now.Epoch)
	}
}

// However the trip at hand ends, the next one is at hand then.
func TestDesk_PromotesTheNextTrip(t *testing.T) {
	for name, end := range map[string]func(c *city, tr *trip.Trip) error{
		"Complete": func(c *city, tr *trip.Trip) error {
			for _, step := range []string{wire.FrameArrive, wire.FrameStart, wire.FrameComplete} {
				reply := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandKind(step), DriverID: "a", TripID: tr.ID})
				if err := reply.Fault(); err != nil {
					return fmt.Errorf("%s: %w", step, err)
				}
			}
			return nil
		},
		"CancelByRider": func(c *city, tr *trip.Trip) error {
			_, err := c.desk.Cancel(c.ctx, trip.Actor{Role: trip.Rider, ID: "r1"}, tr.ID, "")
			return err
		},
		"CancelByDriver": func(c *city, tr *trip.Trip) error {
			_, err := c.desk.Cancel(c.ctx, trip.Actor{Role: trip.Driver, ID: "a"}, tr.ID, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			atHand, next := c.give(c.request(), "a", 0, ""), c.give(c.request(), "a", 1, "")
			if _, err := c.desk.Arrive(c.ctx, "a", next.ID); !fault.Is(err, fault.WrongState) {
				t.Errorf("arriving for the next trip first: %v", err)
			}
			if err := end(c, atHand); err != nil {
				t.Fatal(err)
			}
			if got := c.read(next.ID); got.Slot != 0 || got.Version != next.Version {
				t.Errorf("the next trip is in slot %d at version %d", got.Slot, got.Version)
			}
		})
	}
}

// The process died between the end of the trip at hand and the promotion.
func TestDesk_ArrivePromotesWhatWasLeft(t *testing.T) {
	c := mustCity(t)
	next := c.give(c.request(), "a", 1, "")
	got, err := c.desk.Arrive(c.ctx, "a", next.ID)
	if err != nil || got.State != trip.Arrived || got.Slot != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDesk_CommandConnectWithTwoTrips(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	next := c.give(c.request(), "a", 1, "")
	atHand := c.give(c.request(), "a", 0, "")
	got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandConnect, DriverID: "a"})
	if got.Trip == nil || got.Next == nil || got.Trip.ID != atHand.ID || got.Next.ID != next.ID || got.Next.Slot != 1 {
		t.Errorf("reply %+v, want the trip at hand and the next one", got)
	}
}

// A tracker is told how a trip stands that its driver has, or had; who has it now
// is not the former driver's to know.
func TestDesk_CommandStand(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	if got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandStand, DriverID: "a", TripID: c.newID()}); got.Code != fault.NotFound {
		t.Fatalf("of no trip: %+v", got)
	}
	c.tick(0)
	c.accept(tr.ID, "a")
	for driverID, told := range map[string]string{"a": "a", "b": ""} {
		got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandStand, DriverID: driverID, TripID: tr.ID})
		if got.Trip == nil || got.Trip.DriverID != told || got.Trip.State != trip.Assigned || got.Trip.Version != 2 {
			t.Errorf("%s is told %+v", driverID, got.Trip)
		}
	}
}

// A tracker that does not wait any longer is no mistake of ours.
func TestDesk_TrackersWhoLeave(t *testing.T) {
	c := mustCity(t)
	var log strings.Builder
	c.desk.Log = slog.New(slog.NewTextHandler(&log, nil))
	gone, leave := context.WithCancel(c.ctx)
	leave()
	for _, kind := range []wire.CommandKind{wire.CommandConnect, wire.CommandStand, wire.CommandArrive, wire.CommandAccept} {
		got := c.desk.Command(gone, wire.Command{Kind: kind, DriverID: "a", TripID: c.newID(), OfferID: c.newID()})
		if got.Code != fault.Unavailable {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if log.Len() > 0 {
		t.Errorf("it is logged: %s", &log)
	}
}

func TestUnwaited(t *testing.T) {
	for _, test := range []struct {
		err  error
		want fault.Code
	}{
		{nil, ""},
		{errors.New("ours"), fault.Internal},
		{fmt.Errorf("batch: %w", context.Canceled), fault.Unavailable},
		{context.DeadlineExceeded, fault.Unavailable},
		{fault.Wrap(context.Canceled, fault.Invalid, "of the vocabulary"), fault.Invalid},
	} {
		if got := dispatch.Unwaited(test.err); fault.CodeOf(got) != test.want || !errors.Is(got, test.err) {
			t.Errorf("%v became %v", test.err, got)
		}
	}
}
