package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/sim"
)

// look is what one look at a town saw.
type look struct {
	at      time.Time
	drivers int           // in Redis; below 0 while it does not answer
	outbox  int           // events that wait; below 0 while PostgreSQL does not answer
	refused bool          // a request was answered with 503 and Retry-After
	took    time.Duration // that answer
}

const (
	lookEvery  = 250 * time.Millisecond
	lookWithin = 5 * time.Second
)

// watcher looks at a town again and again.
type watcher struct {
	t      *town
	bearer string
	seen   []look
	stop   context.CancelFunc
	done   sync.WaitGroup
}

func watch(ctx context.Context, t *town, token sim.Token) *watcher {
	w := &watcher{t: t}
	w.bearer, _ = token("rider", "nobody") // with none the answer is another, and the goal missed
	ctx, w.stop = context.WithCancel(ctx)
	w.done.Go(func() {
		for until(ctx, time.Now().Add(lookEvery)) {
			w.seen = append(w.seen, w.look(ctx))
		}
	})
	return w
}

func (w *watcher) end() []look {
	w.stop()
	w.done.Wait()
	return w.seen
}

func (w *watcher) look(ctx context.Context) look {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	l := look{at: time.Now(), drivers: -1, outbox: -1}
	if answer, err := askRedis(w.t.redis.URL, "KEYS driver:*"); err == nil {
		l.drivers, _ = strconv.Atoi(strings.TrimPrefix(answer, "*"))
	}
	if n, err := countOutbox(ctx, w.t.postgres.URL); err == nil {
		l.outbox = n
	} else {
		began := time.Now()
		l.refused = refuses(ctx, w.t.balancers[0].URL, w.bearer)
		l.took = time.Since(began)
	}
	return l
}

// askRedis sends a command and reads the first line of the answer.
func askRedis(address, command string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	conn, err := net.DialTimeout("tcp", u.Host, lookWithin)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(lookWithin)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), err
}

// emptyRedis takes everything out.
func (t *town) emptyRedis() error {
	answer, err := askRedis(t.redis.URL, "FLUSHALL")
	if err == nil && answer != "+OK" {
		err = fmt.Errorf("redis answers %q to FLUSHALL", answer)
	}
	return err
}

func countOutbox(ctx context.Context, url string) (n int, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, "SELECT count(*) FROM outbox").Scan(&n)
	return n, err
}

// refuses reports whether a request is answered with 503 and when to come again.
func refuses(ctx context.Context, target, bearer string) bool {
	body := `{"pickup":{"lat":40.78,"lon":-73.83},"dropoff":{"lat":40.79,"lon":-73.83}}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target+"/v1/trips", strings.NewReader(body))
	if err != nil {
		return false
	}
	r.Header = http.Header{"Authorization": {"Bearer " + bearer}, "Content-Type": {"application/json"}}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != ""
}

// refusals is how many requests were refused in a time, and the longest that one
// took; an hour if one was answered otherwise.
func refusals(seen []look, from, to time.Time) (n int, slowest time.Duration) {
	for _, l := range seen {
		if l.at.Before(from) || l.at.After(to) {
			continue
		}
		if !l.refused {
			return n, time.Hour
		}
		n, slowest = n+1, max(slowest, l.took)
	}
	return n, slowest
}

// refilled is how long after it was emptied Redis had as many drivers as before,
// but for a few who come and go; below zero for never.
func refilled(seen []look, emptied time.Time) time.Duration {
	before := 0
	for _, l := range seen {
		switch {
		case l.at.Before(emptied):
			before = l.drivers
		case l.drivers >= before-before/50:
			return l.at.Sub(emptied)
		}
	}
	return -1
}

// drained is how long after a part was back no event waited; below zero for never.
func drained(seen []look, back time.Time) time.Duration {
	for _, l := range seen {
		if l.at.After(back) && l.outbox == 0 {
			return l.at.Sub(back)
		}
	}
	return -1
}
