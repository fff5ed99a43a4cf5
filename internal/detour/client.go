// Package detour is the way from trackers to dispatchers while the bus is away:
// HTTP, to whichever dispatcher answers.
//
// Commands may come twice where an answer got lost, but for those that are not
// made for that. A dispatcher that does not answer costs one call a second, then the next one is
// asked, and the calls that follow begin there.
package detour

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

const (
	callWithin = time.Second // one dispatcher has to answer
	maxAnswer  = 8 << 20     // bytes
	idleConns  = 16          // kept to each dispatcher

	callsAtOnce = 8 // of one question
)

// Client calls dispatchers.
type Client struct {
	urls  []string
	token func() (string, error)
	http  *http.Client
	turn  atomic.Uint32 // where the next command begins
	asked atomic.Uint32 // where the next question begins
}

// New calls the dispatchers at the addresses (http://host:port), each call with a
// token of its own. There is at least one address.
func New(urls []string, token func() (string, error)) *Client {
	c := &Client{token: token, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idleConns, IdleConnTimeout: time.Minute}}}
	for _, u := range urls {
		c.urls = append(c.urls, strings.TrimSuffix(u, "/"))
	}
	return c
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Do has any dispatcher carry out the command. The error is fault.Unavailable
// while none answers; a refusal is in the reply.
func (c *Client) Do(ctx context.Context, command wire.Command) (reply wire.Reply, err error) {
	return reply, c.call(ctx, &c.turn, "/v1/tracker/command", command, &reply, command.Repeatable())
}

// Pending asks the next dispatcher what is pending, so that each of them hears who
// can be reached. With more drivers than one call may ask about there are several at
// once; what was answered is told beside the error of the others.
func (c *Client) Pending(ctx context.Context, asks []wire.Ask) (answers []wire.Answer, err error) {
	c.asked.Add(1)
	parts := slices.Collect(slices.Chunk(asks, wire.AsksAtOnce))
	told := make([]wire.Answers, len(parts))
	var calls errgroup.Group
	calls.SetLimit(callsAtOnce)
	for i, some := range parts {
		calls.Go(func() error {
			return c.call(ctx, &c.asked, "/v1/tracker/pending", wire.Asks{Drivers: some}, &told[i], true)
		})
	}
	err = calls.Wait()
	for _, part := range told {
		answers = append(answers, part.Drivers...)
	}
	return answers, err
}

// Dispatchers is how many there are to ask in turn.
func (c *Client) Dispatchers() int { return len(c.urls) }

// call tries one dispatcher after the other, from the one whose turn it is, and
// leaves the turn with the one that answered. What is not repeatable goes to the
// next one only if it cannot have reached the one before.
func (c *Client) call(ctx context.Context, turn *atomic.Uint32, path string, in, out any, repeatable bool) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("detour: %w", err)
	}
	var failed []error
	for range c.urls {
		n := turn.Load()
		err := c.post(ctx, c.urls[int(n)%len(c.urls)]+path, body, out)
		if err == nil {
			return nil
		}
		if failed = append(failed, err); ctx.Err() != nil {
			break
		}
		turn.CompareAndSwap(n, n+1)
		if !repeatable && !unheard(err) {
			break
		}
	}
	return fault.Wrap(errors.Join(failed...), fault.Unavailable, "no dispatcher answers: try again")
}

// unheard reports whether the call failed before the other side was connected to.
func unheard(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && failed.Op == "dial"
}

// post makes one call.
func (c *Client) post(ctx context.Context, url string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	token, err := c.token()
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", url, response.StatusCode, fault.Cut(string(data)))
	}
	return json.Unmarshal(data, out)
}
