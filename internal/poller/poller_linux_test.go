package poller_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/internal/poller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newPoller(tb testing.TB) *poller.Poller {
	tb.Helper()
	p, err := poller.New(100 * time.Microsecond)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// counted is a connection whose closing is counted.
type counted struct {
	net.Conn
	closed atomic.Int32
}

func (c *counted) Plain() net.Conn { return c.Conn }

func (c *counted) Close() error {
	c.closed.Add(1)
	return c.Conn.Close()
}

// connect is a connection's two ends; here is not adopted yet.
func connect(tb testing.TB) (there *net.TCPConn, here *counted) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { dialled.Close() })
	accepted, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	return dialled.(*net.TCPConn), &counted{Conn: accepted}
}

func adopt(tb testing.TB, p *poller.Poller) (there *net.TCPConn, here *poller.Conn) {
	tb.Helper()
	there, conn := connect(tb)
	here, err := p.Adopt(conn, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { here.Close() })
	return there, here
}

// watching begins a watch, and tells what it returns.
func watching(c *poller.Conn, eat func([]byte) (int, bool)) <-chan error {
	returned := make(chan error, 1)
	go func() { returned <- c.Watch(eat) }()
	return returned
}

func all(data []byte) (int, bool) { return len(data), true }

// Whoever eats how much, and whoever reads the rest: what comes is what was sent,
// all of it and in order.
func TestConn_WatchAndRead(t *testing.T) {
	p := newPoller(t)
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		sent := make([]byte, 1+random.IntN(300_000))
		for i := range sent {
			sent[i] = byte(random.Uint32())
		}
		there, conn := connect(t)
		first := random.IntN(min(len(sent), 100))
		here, err := p.Adopt(conn, sent[:first:first])
		if err != nil {
			t.Fatal(err)
		}
		var sending sync.WaitGroup
		sending.Go(func() {
			random := rand.New(rand.NewPCG(seed, 2))
			for rest := sent[first:]; len(rest) > 0; {
				n := min(len(rest), 1+random.IntN(1<<random.IntN(17)))
				if _, err := there.Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
			there.CloseWrite()
		})
		if got := reassemble(here, random); !bytes.Equal(got, sent) {
			t.Errorf("seed %d: %d bytes came of %d, or others", seed, len(got), len(sent))
		}
		sending.Wait()
		here.Close()
	}
}

// reassemble takes turns at watching and reading until the end.
func reassemble(c *poller.Conn, random *rand.Rand) (got []byte) {
	for buf := make([]byte, 1000); ; {
		times := random.IntN(5)
		err := c.Watch(func(data []byte) (int, bool) {
			n := len(data)
			if times--; times < 0 {
				n = random.IntN(n + 1)
			}
			got = append(got, data[:n]...)
			return n, random.IntN(10) > 0
		})
		if err != nil {
			return got
		}
		if random.IntN(2) == 0 {
			continue
		}
		n, err := c.Read(buf[:1+random.IntN(len(buf))])
		if got = append(got, buf[:n]...); err != nil {
			return got
		}
	}
}

// The end of a socket that comes with its last bytes is noticed: there is no
// further event that would tell of it.
func TestConn_WatchEnds(t *testing.T) {
	p := newPoller(t)
	for range 200 {
		there, here := adopt(t, p)
		n := 0
		returned := watching(here, func(data []byte) (int, bool) { n += len(data); return len(data), true })
		if _, err := there.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		there.Close()
		if err := <-returned; !errors.Is(err, io.EOF) || n != 10 {
			t.Fatalf("%v after %d bytes", err, n)
		}
		if n, err := here.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("Read after the end: %d, %v", n, err)
		}
		here.Close()
	}
}

func TestConn_WatchLeaves(t *testing.T) {
	there, here := adopt(t, newPoller(t))
	returned := watching(here, func(data []byte) (int, bool) { return 2, true })
	if _, err := there.Write([]byte("abcd")); err != nil {
		t.Fatal(err)
	}
	if err := <-returned; err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := here.Read(buf); string(buf[:n]) != "cd" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	reading := make(chan string)
	go func() { n, _ := here.Read(buf); reading <- string(buf[:n]) }()
	if _, err := there.Write([]byte("ef")); err != nil {
		t.Fatal(err)
	}
	if got := <-reading; got != "ef" {
		t.Errorf("read %q", got)
	}
}

func TestConn_Unwatch(t *testing.T) {
	there, here := adopt(t, newPoller(t))
	begun := make(chan struct{})
	returned := watching(here, func(data []byte) (int, bool) { close(begun); return len(data), true })
	if _, err := there.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	<-begun
	here.Unwatch()
	if err := <-returned; !errors.Is(err, poller.ErrUnwatched) {
		t.Errorf("Watch: %v", err)
	}
	if err := here.Watch(all); !errors.Is(err, poller.ErrUnwatched) {
		t.Errorf("Watch again: %v", err)
	}
	if _, err := there.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := here.Read(buf); string(buf[:n]) != "y" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}

// Closing ends whatever is under way, and counts once.
func TestConn_Close(t *testing.T) {
	p := newPoller(t)
	for name, under := range map[string]func(*poller.Conn) error{
		"Watch": func(c *poller.Conn) error { return c.Watch(all) },
		"Read":  func(c *poller.Conn) error { _, err := c.Read(make([]byte, 1)); return err },
		"Write": func(c *poller.Conn) error { _, err := c.Write(make([]byte, 64<<20)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			_, conn := connect(t)
			here, err := p.Adopt(conn, nil)
			if err != nil {
				t.Fatal(err)
			}
			returned := make(chan error, 1)
			go func() { returned <- under(here) }()
			if err := here.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := <-returned; !errors.Is(err, net.ErrClosed) {
				t.Errorf("got %v", err)
			}
			if err := here.Close(); !errors.Is(err, net.ErrClosed) || conn.closed.Load() != 1 {
				t.Errorf("closed again: %v; the connection %d times", err, conn.closed.Load())
			}
		})
	}
}

// A peer that reads slowly gets everything.
func TestConn_Write(t *testing.T) {
	there, here := adopt(t, newPoller(t))
	sent := bytes.Repeat([]byte("0123456789abcde\n"), 1<<19)
	writing := make(chan error, 1)
	go func() {
		n, err := here.Write(sent)
		if n != len(sent) {
			t.Errorf("%d bytes written", n)
		}
		writing <- errors.Join(err, here.Close())
	}()
	got, err := io.ReadAll(there)
	if err := errors.Join(err, <-writing); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came, or others: %v", len(got), len(sent), err)
	}
}

func TestPoller_AdoptUnsupported(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	defer here.Close()
	if _, err := newPoller(t).Adopt(here, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// Sockets come and go all the time, and leave nothing behind.
func TestPoller_ManySockets(t *testing.T) {
	before := openFiles(t)
	p, err := poller.New(100 * time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for i := range 50 {
				echo(t, p, i%3 == 0)
			}
		})
	}
	work.Wait()
	there, here := adopt(t, p)
	returned := watching(here, all)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-returned; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Watch of a poller that is closed: %v", err)
	}
	there.Close()
	_, conn := connect(t)
	if _, err := p.Adopt(conn, nil); !errors.Is(err, net.ErrClosed) || conn.closed.Load() != 1 {
		t.Errorf("adopted by one that is closed: %v", err)
	}
	if after := openFiles(t) - 1; after > before { // the last dialled is open yet
		t.Errorf("%d files are open, before %d", after, before)
	}
}

// echo sends a word to a socket that sends it back.
func echo(t *testing.T, p *poller.Poller, drop bool) {
	there, here := adopt(t, p)
	returned := watching(here, func(data []byte) (int, bool) {
		if n, err := here.Write(data); n != len(data) {
			t.Error(err)
		}
		return len(data), true
	})
	buf := make([]byte, 4)
	if _, err := there.Write([]byte("word")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(there, buf); err != nil || string(buf) != "word" {
		t.Errorf("%q came back, %v", buf, err)
	}
	if drop {
		here.Close()
	}
	there.Close()
	if err := <-returned; err == nil {
		t.Error("no error at the end")
	}
	here.Close()
}

func openFiles(t *testing.T) int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
