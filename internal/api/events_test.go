package api_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/wire"
)

// serverSent is an event of a stream.
type serverSent struct{ id, event, data string }

// events reads a trip's stream to its end.
func (c *city) events(tripID, who, after string) []serverSent {
	c.Helper()
	req := must[*http.Request](c)(http.NewRequestWithContext(c.Context(), "GET", c.url+"/v1/trips/"+tripID+"/events?access_token="+c.token(who), nil))
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	res := must[*http.Response](c)(http.DefaultClient.Do(req))
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		c.Fatalf("%d %s", res.StatusCode, got)
	}
	var all []serverSent
	var e serverSent
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			e.data = value
		case "":
			if e.id != "" {
				all = append(all, e)
			}
			e = serverSent{}
		}
	}
	if err := lines.Err(); err != nil {
		c.Fatal(err)
	}
	return all
}

func (c *city) drive(mine wire.Trip) {
	c.Helper()
	for _, step := range []string{"arrive", "start", "complete"} {
		c.expect(http.StatusOK, "POST", "/v1/trips/"+mine.ID+"/"+step, "driver:d1", "")
	}
}

func TestEvents(t *testing.T) {
	c := newCity(t, nil)
	mine := c.assigned("r1", "d1")
	var live []serverSent
	done := make(chan struct{})
	go func() {
		defer close(done)
		live = c.events(mine.ID, "rider:r1", "")
	}()
	c.drive(mine)
	<-done
	check := func(t *testing.T, got []serverSent, states ...string) {
		t.Helper()
		if len(got) != len(states) {
			t.Fatalf("got %d events %+v, want %v", len(got), got, states)
		}
		for i, e := range got {
			ev, err := wire.DecodeEvent([]byte(e.data))
			if err != nil {
				t.Fatal(err)
			}
			if e.event != states[i] || string(ev.Trip.State) != states[i] || ev.TripID != mine.ID || ev.ID() != mine.ID+":"+e.id {
				t.Errorf("event %d: %+v, want %s", i, e, states[i])
			}
		}
	}
	t.Run("Live", func(t *testing.T) { check(t, live, "searching", "assigned", "arrived", "riding", "completed") })
	t.Run("Afterwards", func(t *testing.T) {
		check(t, c.events(mine.ID, "operator:o1", ""), "searching", "assigned", "arrived", "riding", "completed")
	})
	t.Run("Resumed", func(t *testing.T) {
		check(t, c.events(mine.ID, "rider:r1", "3"), "riding", "completed")
	})
	path := "/v1/trips/" + mine.ID + "/events"
	t.Run("NothingMore", func(t *testing.T) {
		c.expect(http.StatusNoContent, "GET", path, "rider:r1", "", "Last-Event-ID", "5")
	})
	t.Run("ErrBad", func(t *testing.T) {
		for _, id := range []string{"-1", "x", "1e3", "99999999999999999999"} {
			c.checkProblem(c.call("GET", path, "rider:r1", "", "Last-Event-ID", id), 422, "invalid", "Last-Event-ID")
		}
		c.refused(404, "not_found", "GET", "/v1/trips/nobody/events", "rider:r1", "")
	})
}
