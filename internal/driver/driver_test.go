package driver_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

func TestProfile_Validate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*driver.Profile)
		field  string // at fault, "" for none
	}{
		"OK":              {func(*driver.Profile) {}, ""},
		"NoName":          {func(p *driver.Profile) { p.Name = "" }, ""},
		"AnyScript":       {func(p *driver.Profile) { p.Name = "Ñuñez 山田 ✋" }, ""},
		"LongestName":     {func(p *driver.Profile) { p.Name = strings.Repeat("山", driver.MaxText) }, ""},
		"NameTooLong":     {func(p *driver.Profile) { p.Name = strings.Repeat("a", driver.MaxText+1) }, "name"},
		"NUL":             {func(p *driver.Profile) { p.Name = "a\x00b" }, "name"},
		"LineBreak":       {func(p *driver.Profile) { p.Name = "a\nb" }, "name"},
		"EscapeSequence":  {func(p *driver.Profile) { p.Name = "\x1b[31mred" }, "name"},
		"C1Control":       {func(p *driver.Profile) { p.Name = "a\u0085b" }, "name"},
		"NotUTF8":         {func(p *driver.Profile) { p.Name = "a\xff" }, "name"},
		"NoID":            {func(p *driver.Profile) { p.ID = "" }, "id"},
		"ClassWithSpaces": {func(p *driver.Profile) { p.Class = "a b" }, "class"},
		"NoSeats":         {func(p *driver.Profile) { p.Seats = 0 }, "seats"},
	} {
		p := driver.Profile{ID: "d1", Name: "Ada", Class: driver.Standard, Seats: 4}
		test.change(&p)
		err := p.Validate()
		var wrong *fault.Error
		if errors.As(err, &wrong); (err == nil) != (test.field == "") || wrong != nil && wrong.Field != test.field {
			t.Errorf("%s: %v, want the field %q", name, err, test.field)
		}
	}
}

func TestLocation_Fresh(t *testing.T) {
	const limit = 15 * time.Second
	l := driver.Location{SeenAt: start}
	for name, test := range map[string]struct {
		now   time.Time
		fresh bool
		age   time.Duration
	}{
		"AtOnce":               {start, true, 0},
		"JustInTime":           {start.Add(limit), true, limit},
		"TooOld":               {start.Add(limit + 1), false, limit + 1},
		"ByAClockAhead":        {start.Add(-limit), true, 0},
		"BeforeTheClockWasSet": {start.Add(-limit - 1), false, 0},
		"AnHourBack":           {start.Add(-time.Hour), false, 0},
	} {
		if l.Fresh(test.now, limit) != test.fresh || l.Age(test.now) != test.age {
			t.Errorf("%s: fresh %v, age %v", name, l.Fresh(test.now, limit), l.Age(test.now))
		}
	}
}
