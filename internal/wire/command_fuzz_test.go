package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// mended is the command with a good value in the field that a fault names; false
// for a field that commands do not have.
func mended(c wire.Command, field string) (wire.Command, bool) {
	switch field {
	case "kind":
		c.Kind = wire.CommandStart
	case "driver_id":
		c.DriverID = "d1"
	case "offer_id":
		c.OfferID = "o1"
	case "trip_id":
		c.TripID = "t1"
	case "device":
		c.Device = "h1"
	case "reason":
		c.Reason = "traffic"
	case "pin":
		c.PIN = "0123"
	case "epoch":
		c.Epoch = 1
	default:
		return c, false
	}
	return c, true
}

// spoilt is the command with each field that it needs taken away, one at a time.
func spoilt(c wire.Command) (all []wire.Command) {
	without := func(field *string) {
		kept := *field
		*field = ""
		all = append(all, c)
		*field = kept
	}
	switch c.Kind {
	case wire.CommandTime:
		return nil
	case wire.CommandDevice:
		without(&c.Device)
		return all
	case wire.CommandReceived, wire.CommandAccept, wire.CommandDecline:
		without(&c.OfferID)
	case wire.CommandArrive, wire.CommandStart, wire.CommandComplete, wire.CommandCancel, wire.CommandStand, wire.CommandTrack:
		without(&c.TripID)
	}
	without(&c.DriverID)
	return all
}

// A refusal names the field that is at fault, so that mending those named, and
// nothing else, is enough; what is accepted comes back as it was, and is refused
// without any of what it needs.
func FuzzCommand(f *testing.F) {
	for _, c := range []wire.Command{
		{Kind: wire.CommandConnect, DriverID: "d1", Session: "s1"},
		{Kind: wire.CommandDevice, Device: "h1"},
		{Kind: wire.CommandAccept, DriverID: "d1", OfferID: "o1"},
		{Kind: wire.CommandDecline, DriverID: "d1", OfferID: "o1", Reason: "far\x00"},
		{Kind: wire.CommandStart, DriverID: "d.>", TripID: "t1", Epoch: 3, PIN: "12 4"},
		{Kind: wire.CommandTrack, DriverID: "d1", TripID: "t1", Fixes: []byte{1}},
		{Kind: wire.CommandTime},
		{Kind: "drop", Epoch: -1},
	} {
		f.Add([]byte(wire.Encode(c)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c wire.Command
		if json.Unmarshal(data, &c) != nil {
			return
		}
		before := c
		err := c.Check()
		for tries := 0; err != nil; tries++ {
			var wrong *fault.Error
			if !errors.As(err, &wrong) || wrong.Code != fault.Invalid {
				t.Fatalf("%s: %v", data, err)
			}
			better, ok := mended(c, wrong.Field)
			if !ok || tries > 5 || reflect.DeepEqual(better, c) {
				t.Fatalf("%s: %v, of %+v", data, err, c)
			}
			c, err = better, better.Check()
		}
		for _, worse := range spoilt(c) {
			if worse.Check() == nil {
				t.Errorf("%s: accepted %+v", data, worse)
			}
		}
		checkReadBack[wire.Command](t, wire.Encode(before))
	})
}

// What arrives by the bus or the detour and is read at all can be sent on, and is
// the same then. Numbers and times are where that could fail.
func FuzzMessages(f *testing.F) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, message := range []any{
		wire.Reply{Profile: &wire.Driver{ID: "d1", CreatedAt: at}, Offer: &wire.OfferFrame{ExpiresAt: at}, Trip: &wire.Trip{ID: "t1", RequestedAt: at}},
		wire.Push{Session: "s1", Frame: wire.Encode(wire.AckFrame{Seq: 7}), Fixes: []wire.Fix{{Lat: 1, Lon: 2, At: at}}, Profile: &wire.Driver{ID: "d1", CreatedAt: at}},
		wire.Nudge{TripID: "t1", Cell: "dr5r", From: "me"},
		wire.Asks{Drivers: []wire.Ask{{DriverID: "d1", Trips: map[string]int64{"t1": 3}}}},
		wire.Answers{Drivers: []wire.Answer{{DriverID: "d1", Pushes: []wire.Push{{TripID: "t1", Version: 2, Frame: []byte("{}")}}}}},
		wire.OpenSession{Tracker: "t", Since: at, Refused: map[string]int{"stale": 1}, Last: &wire.RefusedLast{Code: "stale", At: at}},
		wire.PolicySetting{SetBy: "olga", SetAt: at},
		wire.PassedOverReply{Decisions: []wire.PassedOver{{At: at, TripID: "t1"}}},
		[]wire.Decision{{At: at, Candidates: []wire.Candidate{{DriverID: "d1"}}}},
	} {
		f.Add([]byte(wire.Encode(message)))
	}
	f.Add([]byte(`{"profile":{"created_at":"9999-12-31T23:59:59-23:59"},"fixes":[{"at":"0000-01-01T00:00:00+23:59"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if reply, ok := checkReadBack[wire.Reply](t, data); ok && (reply.Fault() == nil) != (reply.Code == "") {
			t.Errorf("%s: %v", data, reply.Fault())
		}
		if push, ok := checkReadBack[wire.Push](t, data); ok {
			for i, p := range push.Positions() {
				if p.Lat != push.Fixes[i].Lat || p.Lon != push.Fixes[i].Lon || !p.FixedAt.Equal(push.Fixes[i].At) || p.Seq != 0 {
					t.Errorf("%s: %+v became %+v", data, push.Fixes[i], p)
				}
			}
		}
		checkReadBack[wire.Nudge](t, data)
		checkReadBack[wire.Asks](t, data)
		checkReadBack[wire.Answers](t, data)
		checkReadBack[wire.OpenSession](t, data)
		checkReadBack[wire.PolicySetting](t, data)
		checkReadBack[wire.PassedOverQuery](t, data)
		checkReadBack[wire.PassedOverReply](t, data)
		checkReadBack[[]wire.Decision](t, data)
		checkReadBack[[]string](t, data)
	})
}

// checkReadBack reads data as a message, if it is one, and holds it to what comes
// of sending it on.
func checkReadBack[T any](t *testing.T, data []byte) (read T, ok bool) {
	t.Helper()
	if json.Unmarshal(data, &read) != nil {
		return read, false
	}
	var again T
	written := wire.Encode(read)
	if err := json.Unmarshal(written, &again); err != nil || !bytes.Equal(wire.Encode(again), written) {
		t.Errorf("%s as %T: %s comes back as %+v, %v", data, read, written, again, err)
	}
	return read, true
}
