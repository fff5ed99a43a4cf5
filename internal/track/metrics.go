package track

import (
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// Metrics is told what happens. Its methods are called from many goroutines
// and must not block.
type Metrics interface {
	SessionOpened()
	SessionClosed(code int)                                   // 0 when the phone went by itself
	FrameIn(kind string)                                      // a type of wire.DriverFrame, "bad" for what is none
	FrameOut(kind string)                                     // a type of frame
	FrameDropped(kind string)                                 // the phone reads too slowly
	Faulted(code fault.Code)                                  // an error frame
	Positions(believed int)                                   // of one frame
	PositionRefused(r driver.Refusal)                         // one position
	Ordered(kind string, took time.Duration, code fault.Code) // code "" when it was done
	Flushed(part Part, drivers int, took time.Duration, failed bool)
}

// Part names a consumer of positions.
type Part string

// The consumers.
const (
	PartFeed   Part = "feed"
	PartMirror Part = "mirror"
)

// frameBad is the kind of an incoming frame that could not be read.
const frameBad = "bad"

type noMetrics struct{}

func (noMetrics) SessionOpened()                            {}
func (noMetrics) SessionClosed(int)                         {}
func (noMetrics) FrameIn(string)                            {}
func (noMetrics) FrameOut(string)                           {}
func (noMetrics) FrameDropped(string)                       {}
func (noMetrics) Faulted(fault.Code)                        {}
func (noMetrics) Positions(int)                             {}
func (noMetrics) PositionRefused(driver.Refusal)            {}
func (noMetrics) Ordered(string, time.Duration, fault.Code) {}
func (noMetrics) Flushed(Part, int, time.Duration, bool)    {}
