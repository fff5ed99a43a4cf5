package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// asked is a server that is asked prepared questions, over and over.
type asked struct {
	name        string
	pid         int // 0 where its processor time cannot be read
	address     string
	connections int
	depth       int // questions under way on a connection
	questions   [][]byte
	skip        func(*bufio.Reader) error // takes one answer
}

// answered is a turn of it.
type answered struct {
	n      int
	lasted time.Duration
	spent  time.Duration // of processors, by the server
}

// perCore is answers for a second of a core.
func (a answered) perCore() float64 { return float64(a.n) / a.spent.Seconds() }

func (a answered) perSecond() float64 { return float64(a.n) / a.lasted.Seconds() }

// run asks for that long, as fast as it answers.
func (a asked) run(ctx context.Context, d time.Duration) (t answered, err error) {
	before, err := a.processor()
	if err != nil {
		return answered{}, err
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var work errgroup.Group
	counts := make([]int, a.connections)
	for i := range counts {
		work.Go(func() (err error) {
			counts[i], err = a.pump(ctx, i)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return answered{}, fmt.Errorf("%s: %w", a.name, err)
	}
	for _, n := range counts {
		t.n += n
	}
	t.lasted = time.Since(began)
	after, err := a.processor()
	t.spent = after - before
	return t, err
}

func (a asked) processor() (time.Duration, error) {
	if a.pid == 0 {
		return 0, nil
	}
	return processor(a.pid)
}

// pump keeps questions under way on one connection until ctx ends.
func (a asked) pump(ctx context.Context, from int) (n int, err error) {
	conn, err := net.Dial("tcp", a.address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	answers, next := bufio.NewReaderSize(conn, 64<<10), from*7
	for under := 0; ; under-- {
		for ; under < a.depth && ctx.Err() == nil; under++ {
			if _, err := conn.Write(a.questions[next%len(a.questions)]); err != nil {
				return n, err
			}
			next++
		}
		if under == 0 {
			return n, nil
		}
		if err := a.skip(answers); err != nil {
			return n, err
		}
		n++
	}
}

// skipReply takes one reply in Redis' protocol, whatever it is.
func skipReply(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	kind, rest := line[0], strings.TrimSpace(string(line[1:]))
	if kind == '-' {
		return fmt.Errorf("refused: %s", rest)
	}
	if kind != '$' && kind != '*' {
		return nil
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return err
	}
	if kind == '$' && n >= 0 {
		_, err = r.Discard(n + 2)
	}
	for ; kind == '*' && n > 0 && err == nil; n-- {
		err = skipReply(r)
	}
	return err
}

// skipAnswer takes one answer of HTTP, which has to be 200.
func skipAnswer(r *bufio.Reader) error { return copyAnswer(r, io.Discard) }

func copyAnswer(r *bufio.Reader, to io.Writer) error {
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 1000)) // what of it can be read
		return fmt.Errorf("%s: %s", answer.Status, said)
	}
	_, err = io.Copy(to, answer.Body)
	return errors.Join(err, answer.Body.Close())
}
