package track_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// resumed is a phone with its hello, which says up to where it was acknowledged.
func (w *world) resumed(tracker *track.Tracker, driverID string) (p *phone, seq uint64) {
	p = w.connect(tracker, driverID, 1000)
	h := p.expect(wire.FrameHello)
	synctest.Wait()
	return p, h.Seq
}

// shows sends position number seq, fixed now.
func (p *phone) shows(seq uint64) {
	p.t.Helper()
	p.send(timed(seq, time.Now()))
}

func timed(seq uint64, at time.Time) string {
	return fmt.Sprintf(`{"type":"position","seq":%d,"lat":40.73,"lon":-73.98,"t":%d}`, seq, at.UnixMilli())
}

// acked is the highest ack that comes within the time; anything else that comes
// fails the test.
func (p *phone) acked(within time.Duration) (seq uint64) {
	p.t.Helper()
	time.Sleep(within)
	synctest.Wait()
	for len(p.out) > 0 {
		f := p.expect(wire.FrameAck)
		if f.Seq <= seq {
			p.t.Errorf("ack %d after %d", f.Seq, seq)
		}
		seq = f.Seq
	}
	return seq
}

func (p *phone) expectAcked(seq uint64) {
	p.t.Helper()
	if got := p.acked(2 * time.Second); got != seq {
		p.t.Fatalf("acknowledged up to %d, want %d", got, seq)
	}
}

// A position is acknowledged when the feed or the shared store has it, and not
// before.
func TestAck_FollowsDelivery(t *testing.T) {
	away := errors.New("away")
	for name, test := range map[string]struct{ feed, mirror error }{
		"FeedComesBack":  {feed: nil, mirror: away},
		"StoreComesBack": {feed: away, mirror: nil},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				p := w.online(w.tracker(), "d1")
				w.feed.fail(away)
				w.mirror.fail(away)
				for seq := range uint64(10) {
					p.shows(seq + 1)
					p.expectAcked(0)
				}
				w.feed.fail(test.feed)
				w.mirror.fail(test.mirror)
				p.expectAcked(10)
			})
		})
	}
}

// What nobody wants to know is not to be sent again.
func TestAck_OfOneWhoIsOffline(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		p := w.online(w.tracker(), "d1")
		p.send(status("offline"))
		p.shows(1)
		p.expectAcked(1)
		if n := len(w.feed.of("d1")); n != 0 {
			t.Errorf("%d positions of a driver who is offline are published", n)
		}
	})
}

// keeper is a desk that stores ways, or refuses to.
type keeper struct {
	mu      sync.Mutex
	refuses bool
	sent    map[int64]uint64 // count by time
	stored  uint64           // everything up to it
}

func (k *keeper) set(refuses bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refuses = refuses
}

// note takes down which count the position of now has.
func (k *keeper) note(seq uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sent[time.Now().UnixMilli()] = seq
}

func (k *keeper) safe() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stored
}

func (k *keeper) do(c wire.Command) (wire.Reply, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c.Kind != wire.CommandTrack {
		return wire.Reply{}, nil
	}
	if k.refuses {
		return nobody(c)
	}
	fixes, err := wire.DecodeFixes(c.Fixes)
	for _, f := range fixes {
		if k.sent[f.At.UnixMilli()] == k.stored+1 {
			k.stored++
		}
	}
	return wire.Reply{}, err
}

// With a rider on board a position is acknowledged once a dispatcher has stored
// it: here, and to the next session at another tracker.
func TestAck_OfARide(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first := w.tracker()
		p := w.online(first, "d1")
		p.shows(1)
		p.expectAcked(1)
		w.stand("t1", 4, trip.Riding)
		p.expect(wire.FrameTrip)
		desk := &keeper{refuses: true, sent: map[int64]uint64{}, stored: 1}
		w.desk.set(desk.do)
		seq := uint64(1)
		drive := func(n int) {
			for range n {
				seq++
				desk.note(seq)
				p.shows(seq)
				time.Sleep(4 * time.Second)
			}
		}
		drive(10)
		p.expectAcked(0)
		desk.set(false)
		drive(10)
		stored := desk.safe()
		if got := p.acked(0); got != stored || stored < 11 {
			t.Fatalf("acknowledged up to %d, stored is all up to %d", got, stored)
		}
		desk.set(true) // and nothing is stored any more
		drive(2)
		if got := w.mirror.last("d1").Seq; got != stored {
			t.Errorf("the shared store says that all is safe up to %d, stored is up to %d", got, stored)
		}
		_, resume := w.resumed(w.tracker(), "d1")
		if resume != stored {
			t.Errorf("at another tracker it goes on after %d, want %d", resume, stored)
		}
	})
}

// A phone sends again what was not acknowledged to it, and gets no refusals for
// what had arrived.
func TestAck_AfterAReconnect(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		tracker := w.tracker()
		p, resume := w.resumed(tracker, "d1")
		if resume != 0 {
			t.Fatalf("a driver whom nobody knows goes on after %d", resume)
		}
		began := time.Now()
		at := func(seq uint64) time.Time { return began.Add(time.Duration(seq) * time.Second) }
		for seq := range uint64(5) {
			time.Sleep(time.Second)
			p.send(timed(seq+1, at(seq+1)))
		}
		p.acked(2 * time.Second)
		w.feed.fail(errors.New("away"))
		w.mirror.fail(errors.New("away"))
		for seq := uint64(6); seq <= 8; seq++ {
			time.Sleep(time.Second)
			p.send(timed(seq, at(seq)))
		}
		p.expectAcked(0)
		p.hangUp()
		p, resume = w.resumed(tracker, "d1")
		if resume != 5 {
			t.Fatalf("it goes on after %d, want 5", resume)
		}
		for seq := uint64(4); seq <= 8; seq++ { // 4 and 5: the phone did not hear the ack
			p.send(timed(seq, at(seq)))
		}
		p.expectAcked(5) // and no refusal
		w.feed.fail(nil)
		p.expectAcked(8)
		time.Sleep(time.Second)
		p.shows(9)
		p.expectAcked(9)
		p.shows(9) // in the same session that is a repetition
		if f := p.expect(wire.FrameRejected); f.Seq != 9 || f.Code != "duplicate" {
			t.Errorf("%+v", f)
		}
	})
}

// An app that was started again counts from 1.
func TestAck_OfAnAppThatWasStartedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		tracker := w.tracker()
		p := w.online(tracker, "d1")
		p.shows(4711)
		p.expectAcked(4711)
		p.hangUp()
		p, resume := w.resumed(tracker, "d1")
		if resume != 4711 {
			t.Fatalf("it goes on after %d", resume)
		}
		for seq := uint64(1); seq <= 3; seq++ {
			p.shows(seq)
			p.expectAcked(seq)
		}
		p.hangUp()
		p, resume = w.resumed(tracker, "d1")
		if resume != 3 {
			t.Fatalf("after that it goes on after %d, want 3", resume)
		}
		p.shows(4)
		p.expectAcked(4)
		if _, elsewhere := w.resumed(w.tracker(), "d1"); elsewhere != 4 {
			t.Errorf("elsewhere it goes on after %d, want 4", elsewhere)
		}
	})
}

// Whoever does not know up to where a driver was acknowledged does not make the
// phone wait, nor lose anything.
func TestAck_NobodyKnows(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.mirror.fail(errors.New("away"))
		p, resume := w.resumed(w.tracker(), "d1")
		if resume != 0 {
			t.Errorf("it goes on after %d", resume)
		}
		p.shows(1)
		p.expectAcked(1)
	})
}
