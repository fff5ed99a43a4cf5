package track_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

var (
	appToken  = driver.NewDeviceToken([16]byte{1})
	freeToken = driver.NewDeviceToken([16]byte{2})
)

// issue lets the desk know devices of d1: the app's, and one that makes the
// driver available.
func (d *desk) issue() {
	d.set(func(c wire.Command) (wire.Reply, error) {
		if c.Kind != wire.CommandDevice {
			return wire.Reply{}, nil
		}
		for token, available := range map[string]bool{appToken: false, freeToken: true} {
			if hash, _ := driver.HashToken(token); hash == c.Device {
				profile := d.drivers["d1"]
				return wire.Reply{Profile: &profile, Available: available}, nil
			}
		}
		return wire.FaultReply(fault.New(fault.Unauthenticated, "no such device")), nil
	})
}

// asked counts the questions about devices.
func (d *desk) askedOfDevices() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.asked {
		if c.Kind == wire.CommandDevice {
			n++
		}
	}
	return n
}

func fixAt(lat float64, at time.Time) driver.Position {
	return driver.Position{Point: geo.Point{Lat: lat, Lon: -73.98}, FixedAt: at, Speed: 7, Heading: 80, Accuracy: 5}
}

// report is a report of one position of now that must be believed.
func report(t *testing.T, tracker *track.Tracker, token string, lat float64) {
	t.Helper()
	h, err := tracker.Report(t.Context(), token, []driver.Position{fixAt(lat, time.Now())})
	if err != nil || h.Believed != 1 || h.DriverID != "d1" {
		t.Fatalf("Report = %+v, %v", h, err)
	}
	time.Sleep(time.Second) // in the bubble: a flush
	synctest.Wait()
}

func TestTracker_Report(t *testing.T) {
	t.Run("AppAlone", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			report(t, tracker, appToken, 40.73)
			for _, sink := range []*sink{w.feed, w.mirror} {
				got := sink.last("d1")
				if got.Lat != 40.73 || got.Speed != 7 || got.Class != "standard" || got.Seats != 4 || got.Available || got.Gone {
					t.Errorf("published %+v", got)
				}
			}
			report(t, tracker, freeToken, 40.7301)
			if got := w.feed.last("d1"); got.Lat != 40.7301 || !got.Available {
				t.Errorf("a device that makes available: %+v", got)
			}
		})
	})
	t.Run("Filtered", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker, now := w.tracker(), time.Now()
			batch := []driver.Position{ // not in order; the last but one has no time: it is of now
				fixAt(40.7302, now.Add(-2*time.Second)), fixAt(40.7301, now.Add(-4*time.Second)), fixAt(0, now.Add(-3*time.Second)),
				fixAt(40.7303, time.Time{}), fixAt(41.9, now.Add(-time.Second)),
			}
			batch[2].Lon = 0
			h, err := tracker.Report(t.Context(), appToken, batch)
			if err != nil || h.Believed != 3 || len(h.Refused) != 2 || h.Refused[0] != driver.RefusedZero || h.Refused[1] != driver.RefusedSpeed {
				t.Errorf("Report = %+v, %v", h, err)
			}
			time.Sleep(time.Second)
			if got := w.feed.of("d1"); len(got) != 1 || got[0].Lat != 40.7303 {
				t.Errorf("published %+v", got)
			}
			h, err = tracker.Report(t.Context(), appToken, []driver.Position{fixAt(40.73, now.Add(-10*time.Second))})
			if err != nil || h.Believed != 0 || len(h.Refused) != 1 || h.Refused[0] != driver.RefusedStale {
				t.Errorf("an old one: %+v, %v", h, err)
			}
		})
	})
	t.Run("BesideASession", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			p := w.online(tracker, "d1")
			p.send(`{"type":"status","status":"available"}`)
			report(t, tracker, appToken, 40.73)
			if got := w.feed.last("d1"); got.Lat != 40.73 || !got.Available || got.Session == "" {
				t.Errorf("the session is available: %+v", got)
			}
			p.send(`{"type":"status","status":"offline"}`)
			report(t, tracker, freeToken, 40.7301)
			if got := w.feed.last("d1"); !got.Gone || got.Lat != 40.73 {
				t.Errorf("the session said offline: %+v", got)
			}
			p.hangUp()
			synctest.Wait()
			report(t, tracker, freeToken, 40.7302)
			if got := w.feed.last("d1"); got.Gone || !got.Available || got.Lat != 40.7302 || got.Session != "" {
				t.Errorf("the session is over: %+v", got)
			}
		})
	})
	t.Run("Forgotten", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			report(t, tracker, appToken, 40.73)
			if n := tracker.Stats().Drivers; n != 1 {
				t.Errorf("%d drivers", n)
			}
			time.Sleep(3 * w.config.Linger)
			if n := tracker.Stats().Drivers; n != 0 {
				t.Errorf("%d drivers are remembered", n)
			}
		})
	})
	t.Run("ErrRateLimited", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			flood := make([]driver.Position, w.config.PositionBurst)
			if _, err := tracker.Report(t.Context(), appToken, flood); err != nil {
				t.Fatal(err)
			}
			if _, err := tracker.Report(t.Context(), appToken, nil); !fault.Is(err, fault.RateLimited) {
				t.Errorf("one more: %v", err)
			}
			time.Sleep(w.config.DeviceFresh + time.Second) // it is asked about anew
			if _, err := tracker.Report(t.Context(), appToken, flood[:100]); err != nil {
				t.Errorf("after a pause: %v", err)
			}
		})
	})
}

func TestTracker_ReportTokens(t *testing.T) {
	stranger := driver.NewDeviceToken([16]byte{3})
	send := func(t *testing.T, tracker *track.Tracker, token string) error {
		_, err := tracker.Report(t.Context(), token, nil)
		return err
	}
	t.Run("AskedOnce", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			for range 10 {
				if err := send(t, tracker, appToken); err != nil {
					t.Fatal(err)
				}
				if err := send(t, tracker, stranger); !fault.Is(err, fault.Unauthenticated) {
					t.Fatalf("a stranger: %v", err)
				}
				if err := send(t, tracker, "no token"); !fault.Is(err, fault.Unauthenticated) {
					t.Fatalf("no token: %v", err)
				}
			}
			if n := w.desk.askedOfDevices(); n != 2 {
				t.Errorf("%d questions, want one for each token that can be one", n)
			}
		})
	})
	t.Run("Revoked", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			if err := send(t, tracker, appToken); err != nil {
				t.Fatal(err)
			}
			w.desk.set(func(wire.Command) (wire.Reply, error) {
				return wire.FaultReply(fault.New(fault.Unauthenticated, "revoked")), nil
			})
			time.Sleep(w.config.DeviceFresh)
			if err := send(t, tracker, appToken); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("a revoked one: %v", err)
			}
			w.desk.set(nobody)
			if err := send(t, tracker, appToken); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("and while nobody answers: %v", err)
			}
		})
	})
	t.Run("NobodyAnswers", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.desk.issue()
			tracker := w.tracker()
			if err := send(t, tracker, appToken); err != nil {
				t.Fatal(err)
			}
			w.desk.set(nobody)
			if err := send(t, tracker, freeToken); !fault.Is(err, fault.Unavailable) {
				t.Errorf("a token not seen before: %v", err)
			}
			time.Sleep(w.config.DeviceFresh)
			before := w.desk.askedOfDevices()
			for range 5 {
				if err := send(t, tracker, appToken); err != nil {
					t.Errorf("a known one: %v", err)
				}
			}
			if n := w.desk.askedOfDevices() - before; n != 1 {
				t.Errorf("%d questions at once", n)
			}
			time.Sleep(w.config.ProfileTTL)
			if err := send(t, tracker, appToken); !fault.Is(err, fault.Unavailable) {
				t.Errorf("known a day ago: %v", err)
			}
			w.desk.issue()
			if err := errors.Join(send(t, tracker, appToken), send(t, tracker, freeToken)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	})
	t.Run("Bounded", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.config.DeviceAsks = 1
			tracker := w.tracker()
			w.desk.hangs = make(chan struct{})
			first := make(chan error)
			go func() { first <- send(t, tracker, appToken) }()
			synctest.Wait()
			if err := send(t, tracker, freeToken); !fault.Is(err, fault.Unavailable) {
				t.Errorf("a question too many: %v", err)
			}
			if err := <-first; !fault.Is(err, fault.Unavailable) {
				t.Errorf("no answer in time: %v", err)
			}
		})
	})
}

// A session at one tracker and an app at another: one of the two tells what the
// driver said, and the car is where the app places it.
func TestTracker_ReportElsewhere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.desk.issue()
		there, here := w.tracker(), w.tracker()
		p := w.online(there, "d1")
		p.send(`{"type":"status","status":"available"}`)
		if _, err := here.Report(t.Context(), appToken, nil); err != nil { // hears of the session
			t.Fatal(err)
		}
		synctest.Wait()
		for i := range 20 {
			h, err := here.Report(t.Context(), appToken, []driver.Position{fixAt(40.73+float64(i)/1e5, time.Now())})
			if err != nil || h.Passed != 1 || h.Believed != 0 {
				t.Fatalf("Report = %+v, %v", h, err)
			}
			time.Sleep(5 * time.Second)
		}
		got := w.feed.of("d1")
		if len(got) != 20 || got[19].Lat != 40.73+19/1e5 || got[19].Speed != 7 {
			t.Errorf("published %d times, at last %+v", len(got), got[len(got)-1])
		}
		for _, a := range got {
			if !a.Available || a.Session == "" {
				t.Fatalf("published %+v", a)
			}
		}
		p.expectOpen()
		p.hangUp()
		time.Sleep(2 * w.config.DeviceFresh)
		report(t, here, appToken, 40.731)
		if got := w.feed.last("d1"); got.Lat != 40.731 || got.Available {
			t.Errorf("after the session: %+v", got)
		}
		time.Sleep(3 * w.config.Linger)
		if n := w.line.listening(); n != 0 {
			t.Errorf("%d listen for a driver who is gone", n)
		}
	})
}

// The session of the driver who comes to this tracker itself is none elsewhere,
// neither while it is open nor afterwards.
func TestTracker_ReportThenSessionHere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.desk.issue()
		tracker := w.tracker()
		report(t, tracker, freeToken, 40.73)
		p := w.online(tracker, "d1")
		report(t, tracker, freeToken, 40.7301)
		p.hangUp()
		report(t, tracker, freeToken, 40.7302)
		p.nothing()
	})
}

// A tracker that reaches no bus takes reports of those whom it knows.
func TestTracker_ReportWithoutBus(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.desk.issue()
		tracker := w.tracker()
		if _, err := tracker.Report(t.Context(), appToken, nil); err != nil {
			t.Fatal(err)
		}
		w.line.set(func(l *line) { l.down = true })
		w.desk.set(nobody)
		report(t, tracker, appToken, 40.73)
		if got := w.mirror.last("d1"); got.Lat != 40.73 {
			t.Errorf("published %+v", got)
		}
	})
}

func TestTracker_ReportRevokedAtOnce(t *testing.T) {
	for name, online := range map[string]bool{"AppAlone": false, "BesideASession": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.desk.issue()
				tracker := w.tracker()
				if online {
					w.online(tracker, "d1")
				}
				report(t, tracker, appToken, 40.73)
				w.desk.set(func(c wire.Command) (wire.Reply, error) {
					return wire.FaultReply(fault.New(fault.Unauthenticated, "revoked")), nil
				})
				if err := w.line.Push(t.Context(), "d1", wire.Push{Devices: true}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if _, err := tracker.Report(t.Context(), appToken, nil); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("a revoked one: %v", err)
				}
			})
		})
	}
}
