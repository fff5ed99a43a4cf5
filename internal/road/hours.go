package road

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// WeekHours is the number of hours in a week.
const WeekHours = 168

// HourOf is the hour of the week, from 0 for the first of Monday to 167, on the
// clocks where t is: the caller converts it to the city's time zone.
func HourOf(t time.Time) int { return (int(t.Weekday())+6)%7*24 + t.Hour() }

// Hours is how fast traffic is in each hour of the week: 1 is as fast as the
// graph says, 0.5 half as fast. A zero counts as 1, so that the zero value leaves
// all times as they are.
type Hours [WeekHours]float64

// The speeds that are believed.
const (
	leastSpeed = 0.1
	mostSpeed  = 10
)

// Scale is the driving time in an hour of the week, from 0 to 167, of what takes
// so long by the graph: whole milliseconds.
func (h *Hours) Scale(base time.Duration, hour int) time.Duration {
	speed := h[hour]
	if speed == 0 || speed == 1 {
		return base
	}
	return time.Duration(math.Round(float64(base.Milliseconds())/speed)) * time.Millisecond
}

// ReadHours reads a table, gzipped or not, with the columns hour, 0 to 167, and
// factor, 0.1 to 10. Hours that are not named are 1. Unlike a table of roads it
// is written by hand, so that one bad line is an error, and so is none at all.
func ReadHours(r io.Reader) (Hours, error) {
	var h Hours
	t, err := OpenTable("hours", r)
	if err != nil {
		return h, err
	}
	c, err := t.Columns("hour", "factor")
	if err != nil {
		return h, err
	}
	for row := range t.Rows() {
		if err := h.read(row, c); err != nil {
			t.Reject(row, err)
		}
	}
	if bad := t.Bad(); bad.Rows > 0 {
		return Hours{}, fmt.Errorf("%v", bad)
	}
	if t.Err() == nil && h == (Hours{}) {
		return h, errors.New("hours: not one hour is given")
	}
	return h, t.Err()
}

func (h *Hours) read(row Record, c []int) error {
	hour, err := strconv.Atoi(row.Text(c[0]))
	if err != nil || hour < 0 || hour >= WeekHours {
		return fmt.Errorf("hour %q is not a number from 0, Monday's first, to 167", row.Text(c[0]))
	}
	factor, err := strconv.ParseFloat(row.Text(c[1]), 64)
	if err != nil || !(factor >= leastSpeed && factor <= mostSpeed) {
		return fmt.Errorf("factor %q is not a number from %v to %v", row.Text(c[1]), leastSpeed, mostSpeed)
	}
	if h[hour] != 0 {
		return fmt.Errorf("hour %d comes twice", hour)
	}
	h[hour] = factor
	return nil
}
