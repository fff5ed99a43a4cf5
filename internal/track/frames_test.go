package track_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/wire"
)

// fixOf is a position as a phone knows it, fixed ago before now.
func fixOf(seq uint64, at geo.Point, ago time.Duration) driver.Position {
	return driver.Position{
		Point: at, Seq: seq, FixedAt: time.Now().Add(-ago).Truncate(time.Millisecond).UTC(),
		Speed: 8.25, Heading: driver.Unknown, Accuracy: 6,
	}
}

func TestTracker_BinaryFrames(t *testing.T) {
	t.Run("AreHeardAsJSONIs", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			fix := fixOf(7, home, time.Second)
			p.sendBinary(fix)
			if ack := p.expect(wire.FrameAck); ack.Seq != 7 {
				t.Errorf("%+v", ack)
			}
			w.flushed()
			if l := w.feed.last("d1"); l.Position != fix {
				t.Errorf("published %+v, want %+v", l.Position, fix)
			}
		})
	})
	t.Run("BatchesAreSorted", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			newest := fixOf(9, near, 0)
			p.sendBinary(fixOf(7, home, 20*time.Second), newest, fixOf(8, home, 10*time.Second))
			if ack := p.expect(wire.FrameAck); ack.Seq != 9 {
				t.Errorf("%+v", ack)
			}
			p.nothing()
			w.flushed()
			if l := w.feed.last("d1"); l.Position != newest {
				t.Errorf("published %+v, want %+v", l.Position, newest)
			}
		})
	})
	t.Run("AndTextTakeTurns", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.send(status("available"))
			p.sendBinary(fixOf(1, home, 0))
			p.send(position(2, near))
			p.sendBinary(fixOf(3, home, 0))
			w.flushed()
			if l := w.feed.last("d1"); l.Seq != 3 || !l.Available {
				t.Errorf("published %+v", l)
			}
		})
	})
	t.Run("WithoutTimeCountWhenTheyCome", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			fix := fixOf(1, home, 0)
			fix.FixedAt = time.Time{}
			p.sendBinary(fix)
			w.flushed()
			if l := w.feed.last("d1"); !l.FixedAt.Equal(l.SeenAt) || l.SeenAt.IsZero() {
				t.Errorf("published %+v", l)
			}
		})
	})
	t.Run("ErrInvalid", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.online(w.tracker(), "d1")
			p.put(message{[]byte{2, 1, 1}, true})
			if f := p.expect(wire.FrameError); f.Code != "invalid" || !strings.HasPrefix(f.Detail, "version: 2 ") {
				t.Errorf("%+v", f)
			}
			p.sendBinary(fixOf(1, home, 0))
			p.expect(wire.FrameAck)
		})
	})
	t.Run("ErrFlood", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			p := w.connect(w.tracker(), "d1", 1000)
			p.expect(wire.FrameHello)
			for range w.config.Strikes {
				p.put(message{[]byte("junk"), true})
			}
			p.expectClose(track.ClosePolicy)
		})
	})
}

// mill is a phone that sends one frame whenever it is turned. The numbers in
// the frame go on counting, so that each is news.
type mill struct {
	frame    []byte
	binary   bool
	counters [][]byte // in frame: the lowest digits or bytes of each seq
	turns    chan bool
	done     chan struct{}
}

func (m *mill) Receive(fn func([]byte, bool, error) bool) {
	for more := true; more; more = fn(m.frame, m.binary, nil) {
		m.done <- struct{}{}
		if !<-m.turns {
			return
		}
		for _, c := range m.counters {
			m.count(c)
		}
	}
}

// count adds as many as there are counters, so that no two seqs are the same.
func (m *mill) count(c []byte) {
	first, base, carry := byte(0), 256, len(m.counters)
	if !m.binary {
		first, base = '0', 10
	}
	for i := len(c) - 1; i >= 0 && carry > 0; i-- {
		v := int(c[i]-first) + carry
		c[i], carry = first+byte(v%base), v/base
	}
}

func (m *mill) Write(context.Context, []byte) error { return nil }

func (m *mill) Ping(context.Context) error { return nil }

func (m *mill) Close(int, string) error { return nil }

// turn lets the session read one more frame, and returns when it is through
// with it.
func (m *mill) turn() {
	m.turns <- true
	<-m.done
}

// newMill is a mill whose frames have n positions each.
func newMill(tb testing.TB, n int, binary bool) *mill {
	m := &mill{binary: binary, turns: make(chan bool), done: make(chan struct{})}
	positions, texts := make([]driver.Position, n), make([]string, n)
	for i := range positions {
		positions[i] = fixOf(1_000_000_000+uint64(i), home, 0)
		positions[i].FixedAt = positions[0].FixedAt // a frame is no older than the one before
		p := positions[i]
		texts[i] = fmt.Sprintf(`{"seq":%d,"lat":%v,"lon":%v,"t":%d,"speed":8.25,"accuracy":6}`, p.Seq, p.Lat, p.Lon, p.FixedAt.UnixMilli())
	}
	if !binary {
		m.frame = []byte(`{"type":"positions","positions":[` + strings.Join(texts, ",") + `]}`)
		if n == 1 {
			m.frame = []byte(`{"type":"position",` + texts[0][1:])
		}
		rest := m.frame
		for range n {
			rest = rest[strings.Index(string(rest), `"seq":`)+6:]
			m.counters = append(m.counters, rest[:10:10])
		}
		if !json.Valid(m.frame) {
			tb.Fatalf("%s", m.frame)
		}
		return m
	}
	var err error
	if m.frame, err = wire.AppendBinaryFrame(nil, positions); err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		at := 3 + 30*i
		m.counters = append(m.counters, m.frame[at:at+8])
	}
	return m
}

// milled calls work with a mill that a tracker serves. What the mill sends stays
// in the trays of the tracker.
func milled(tb testing.TB, n int, binary bool, work func(*mill, *track.Tracker)) {
	config := track.DefaultConfig
	config.PositionRate, config.PositionBurst = 1e12, 1e12
	desk, tickets := newDesk(), make(chan error, 1)
	tracker := track.New(config, track.Deps{
		Mirror: newSink(), Feed: feedOf{newSink()}, Commands: desk, Line: &line{listeners: map[int]listener{}}, Now: time.Now,
	})
	m := newMill(tb, n, binary)
	go func() { tickets <- tracker.Serve(tb.Context(), m, "d1", time.Now().Add(time.Hour)) }()
	<-m.done
	work(m, tracker)
	m.turns <- false
	if err := <-tickets; err != nil {
		tb.Error(err)
	}
}

// Between a message and the driver's latest position nothing is allocated: at
// hundreds of thousands of positions a second the garbage would cost more than
// the work.
func TestTracker_PositionsDoNotAllocate(t *testing.T) {
	for _, n := range []int{1, 4} {
		for _, binary := range []bool{false, true} {
			milled(t, n, binary, func(m *mill, tracker *track.Tracker) {
				// A write of an ack now and then is spread over many frames.
				if allocs := testing.AllocsPerRun(500, m.turn); allocs != 0 {
					t.Errorf("%d positions, binary %v: %v allocations a frame", n, binary, allocs)
				}
				if waiting := tracker.Stats().Waiting[track.PartFeed]; waiting != 1 {
					t.Errorf("%d locations wait, want that of the driver: the frames were not believed", waiting)
				}
			})
		}
	}
}

func BenchmarkTracker_Frame(b *testing.B) {
	for _, n := range []int{1, 4} {
		for _, binary := range []bool{false, true} {
			b.Run(fmt.Sprintf("binary=%v/%d", binary, n), func(b *testing.B) {
				milled(b, n, binary, func(m *mill, _ *track.Tracker) {
					b.ReportAllocs()
					for b.Loop() {
						m.turn()
					}
				})
			})
		}
	}
}
