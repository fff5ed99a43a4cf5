package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/trip"
)

// loadMode is the generator, a process of its own: it takes orders, one JSON
// object a line, and answers each with a report when it is done.
type loadMode struct{}

// order is what the generator is to do.
type order struct {
	Open  *opening
	Run   *phase
	Close bool
}

// opening is the sockets to open: one for each driver.
type opening struct {
	Address netip.AddrPort
	Path    string
	Key     string // signs the drivers' tokens
	Sockets int
	Seed    uint64
	Quiet   bool // say nothing, not even a status
}

// phase is a time of sending at one rate, open loop.
type phase struct {
	Start time.Time
	For   time.Duration
	Rate  float64 // positions a second, of all sockets together
	Batch int     // positions in a frame
}

// report is what came of an order.
type report struct {
	Err    string
	Frames int // sent
	Full   int // not sent, because the socket had no room
	LateMs map[string]float64
	Heard  heard
}

const (
	dialers    = 64
	listenEach = 500 * time.Millisecond
)

// load is the generator at work.
type load struct {
	city    *city
	sockets []*socket
	seqs    []uint64

	stop      context.CancelFunc
	listening sync.WaitGroup
	mu        sync.Mutex // of what the sockets heard
}

// Run works on orders until there are no more.
func (*loadMode) Run(std streams) error {
	l := &load{}
	defer l.close()
	orders, reports := json.NewDecoder(std.in), json.NewEncoder(std.out)
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := reports.Encode(l.obey(o)); err != nil {
			return err
		}
	}
}

func (l *load) obey(o order) (r report) {
	var err error
	switch {
	case o.Open != nil:
		err = l.open(*o.Open)
	case o.Run != nil:
		r, err = l.run(*o.Run)
	case o.Close:
		l.close()
	}
	if r.Heard = l.heard(); err != nil {
		r.Err = err.Error()
	}
	return r
}

// open opens the sockets, says that the drivers are available, and listens from
// then on.
func (l *load) open(o opening) error {
	if err := allowFiles(o.Sockets); err != nil {
		return err
	}
	issuer, err := auth.NewIssuer([]byte(o.Key), time.Now)
	if err != nil {
		return err
	}
	l.city, l.sockets, l.seqs = newCity(o.Sockets, o.Seed), make([]*socket, o.Sockets), make([]uint64, o.Sockets)
	var dialing errgroup.Group
	dialing.SetLimit(dialers)
	for i := range l.sockets {
		dialing.Go(func() error {
			token, err := issuer.Issue(trip.Driver, driverID(i), time.Hour)
			if err != nil {
				return err
			}
			s, err := dial(o.Address, o.Path, token)
			if err == nil && !o.Quiet {
				s.send(appendFrame(nil, opText, []byte(`{"type":"status","status":"available"}`)))
			}
			l.sockets[i] = s
			return err
		})
	}
	err = dialing.Wait()
	l.listen()
	return err
}

// listen reads what the server says, all sockets in turn, until close.
func (l *load) listen() {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.listening.Go(func() {
		buf, ticker := make([]byte, 16<<10), time.NewTicker(listenEach)
		defer ticker.Stop()
		for {
			l.mu.Lock()
			for _, s := range l.sockets {
				if s != nil {
					s.listen(buf)
				}
			}
			l.mu.Unlock()
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// heard is what all servers said so far.
func (l *load) heard() (all heard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sockets {
		if s != nil {
			all.add(s.heard)
		}
	}
	return all
}

func (l *load) close() {
	if l.stop != nil {
		l.stop()
		l.listening.Wait()
		l.stop = nil
	}
	for _, s := range l.sockets {
		if s != nil {
			s.close()
		}
	}
	l.sockets = nil
}

// run sends at the phase's rate. Every socket has its turn after every other.
func (l *load) run(p phase) (report, error) {
	if p.Rate <= 0 || p.Batch < 1 || len(l.sockets) == 0 {
		return report{}, fmt.Errorf("rate %v, batch %d, %d open sockets: more than 0 of each", p.Rate, p.Batch, len(l.sockets))
	}
	var work sync.WaitGroup
	var parts [senders]sender
	for i, t := range p.turns(len(l.sockets)) {
		parts[i] = sender{load: l, turns: t, batch: p.Batch, late: newHistogram(), random: rand.New(rand.NewPCG(uint64(i), 2))}
		work.Go(parts[i].run)
	}
	work.Wait()
	late, r := newHistogram(), report{}
	for i := range parts {
		late.Merge(parts[i].late)
		r.Frames, r.Full = r.Frames+parts[i].frames, r.Full+parts[i].full
	}
	r.LateMs = quantiles(late)
	return r, nil
}

// sender has a part of the sockets.
type sender struct {
	load   *load
	turns  turns
	batch  int
	random *rand.Rand

	frames, full int
	late         *hdrhistogram.Histogram
	fixes        []fix
	text, frame  []byte
}

// run sends until the end, each frame when it is due, however long those before
// it took.
func (s *sender) run() {
	for n := 0; ; n++ {
		due := s.turns.due(n)
		if !due.Before(s.turns.end) {
			return
		}
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		if s.send(s.turns.car(n), due) {
			s.frames++
		} else {
			s.full++
		}
		record(s.late, time.Since(due))
	}
}

// send sends the next positions of a car: of a batch the last was fixed at the
// moment that the frame is due, the others before, and after what was sent
// already.
func (s *sender) send(i int, due time.Time) bool {
	k := &s.load.city.cars[i]
	apart := min(s.turns.period(), due.Sub(k.moved)) / time.Duration(s.batch)
	s.fixes = s.fixes[:0]
	for b := range s.batch {
		at := due.Add(-time.Duration(s.batch-1-b) * apart)
		k.drive(at, s.random)
		s.load.seqs[i]++
		s.fixes = append(s.fixes, fix{k.at, s.load.seqs[i], at, k.speed, k.heading})
	}
	s.text = appendPositions(s.text[:0], s.fixes)
	s.frame = appendFrame(s.frame[:0], opText, s.text)
	return s.load.sockets[i].send(s.frame)
}

// allowFiles raises this process's limit of open files to what it may have.
func allowFiles(sockets int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if need := uint64(sockets + 100); limit.Max < need {
		return fmt.Errorf("%d sockets need %d open files, and this process may have %d: raise the hard limit (ulimit -Hn), or take fewer by --sockets", sockets, need, limit.Max)
	}
	return nil
}
