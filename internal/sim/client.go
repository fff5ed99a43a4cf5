package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/coder/websocket"
)

// Token makes the bearer token of somebody: role is "rider", "driver" or
// "operator".
type Token func(role, sub string) (string, error)

// client speaks HTTP to the engine, as a phone does: it tries again what failed
// for a passing reason.
type client struct {
	target  string // of riders and operators
	tracker string // of drivers
	token   Token
	http    *http.Client
	count   func(status string) // called with each answer's status, or "network"
	now     func() time.Time
}

// call is one request, with who asks and what for.
type call struct {
	role, sub    string
	method, path string
	key          string // Idempotency-Key
	body         any
	patience     time.Duration // how long to try again for
}

// refusal is an answer that trying again will not change.
type refusal struct {
	status int
	code   fault.Code
	detail string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("status %d, code %s: %s", r.status, r.code, r.detail)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// do makes the call, and makes it again with growing pauses while the engine
// cannot be reached, is busy or is at fault. The answer is decoded into out. The
// error is a refusal, or why there was no answer in time.
func (c *client) do(ctx context.Context, q call, out any) error {
	body, err := json.Marshal(q.body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	b := backoff{first: 250 * time.Millisecond, most: 10 * time.Second}
	for {
		after, err := c.once(ctx, q, body, out)
		var refused *refusal
		if err == nil || errors.As(err, &refused) {
			return err
		}
		if !sleep(ctx, max(after, b.next())) {
			return err
		}
	}
}

// once makes the call once. after is how long the engine wants to be left alone.
func (c *client) once(ctx context.Context, q call, body []byte, out any) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := c.request(ctx, q, body)
	if err != nil {
		return 0, &refusal{detail: err.Error()}
	}
	answer, err := c.http.Do(req)
	if err != nil {
		if context.Cause(ctx) == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.count("network")
		}
		return 0, err
	}
	defer answer.Body.Close()
	c.count(strconv.Itoa(answer.StatusCode))
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return 0, err
	}
	if answer.StatusCode/100 != 2 {
		return retryAfterHeader(answer), failure(answer.StatusCode, data)
	}
	if out == nil {
		return 0, nil
	}
	return 0, json.Unmarshal(data, out)
}

func (c *client) request(ctx context.Context, q call, body []byte) (*http.Request, error) {
	token, err := c.token(q.role, q.sub)
	if err != nil {
		return nil, err
	}
	var content io.Reader
	if q.body != nil {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.target+q.path, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.key != "" {
		req.Header.Set("Idempotency-Key", q.key)
	}
	return req, nil
}

// failure is the error of an answer: a refusal, or a plain error where the same
// request may succeed later.
func failure(status int, data []byte) error {
	var problem struct {
		Code   fault.Code `json:"code"`
		Detail string     `json:"detail"`
	}
	if err := json.Unmarshal(data, &problem); err != nil {
		problem.Detail = strings.TrimSpace(string(data[:min(len(data), 200)]))
	}
	if status == http.StatusTooManyRequests || status >= 500 {
		return fmt.Errorf("status %d, code %s: %s", status, problem.Code, problem.Detail)
	}
	return &refusal{status, problem.Code, problem.Detail}
}

// retryAfterHeader reads Retry-After in seconds, a minute at most.
func retryAfterHeader(answer *http.Response) time.Duration {
	s, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, time.Minute)
}

// dial opens a WebSocket, and asks for the subprotocols.
func (c *client) dial(ctx context.Context, base, path, role, sub string, protocols ...string) (*websocket.Conn, error) {
	token, err := c.token(role, sub)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	conn, answer, err := websocket.Dial(ctx, base+path, &websocket.DialOptions{
		HTTPClient: c.http,
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}, Subprotocols: protocols,
	})
	switch {
	case answer != nil && answer.StatusCode != http.StatusSwitchingProtocols:
		c.count(strconv.Itoa(answer.StatusCode))
	case err != nil && ctx.Err() == nil:
		c.count("network")
	}
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 18)
	return conn, nil
}

// backoff draws growing pauses: each up to twice as long as the last, at
// random, so that a thousand clients do not come back at once.
type backoff struct {
	first, most time.Duration
	last        time.Duration
}

func (b *backoff) next() time.Duration {
	b.last = min(max(b.first, 2*b.last), b.most)
	return b.last/2 + rand.N(b.last/2+1)
}

func (b *backoff) reset() { b.last = 0 }

// sleep waits, and reports false if the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// checkAddress checks an address of the engine and cuts the slash at its end.
func checkAddress(setting, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", fmt.Errorf("%s: %q is not accepted: an address such as http://127.0.0.1:8080", setting, address)
	}
	return strings.TrimRight(address, "/"), nil
}
