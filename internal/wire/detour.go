package wire

import "time"

// AsksAtOnce is the most drivers that one call may ask about.
const AsksAtOnce = 1000

// Asks is a tracker's question, over HTTP while the bus is away: what is pending
// for these drivers?
type Asks struct {
	Drivers []Ask `json:"drivers"`
}

// Ask is what a driver was told so far.
type Ask struct {
	DriverID string `json:"driver_id"`
	// OfferID is of the offer that was told last, "" when there is none.
	OfferID string `json:"offer_id,omitempty"`
	// Trips is the trips that hold the driver, with the version that was told.
	Trips map[string]int64 `json:"trips,omitempty"`
}

// Answers answers Asks: one for each driver of whom there is something to tell.
type Answers struct {
	Drivers []Answer `json:"drivers"`
}

// Answer is what has changed for a driver.
type Answer struct {
	DriverID string `json:"driver_id"`
	OfferID  string `json:"offer_id,omitempty"` // of the offer that is pending, "" when there is none
	Pushes   []Push `json:"pushes,omitempty"`   // for the driver's session, in this order
}

// Kinds of frames that tell a live socket whether it is late.
const (
	FrameStale = "stale"
	FrameFresh = "fresh"
)

// StaleFrame tells that the bus is away: what comes after it may come late.
type StaleFrame struct {
	Type  string    `json:"type"` // stale
	Since time.Time `json:"since"`
}

// FreshFrame tells that the bus is back.
type FreshFrame struct {
	Type string `json:"type"` // fresh
}

// NewStaleFrame tells since when the bus is away, or, by the zero time, that it is
// not.
func NewStaleFrame(since time.Time) any {
	if since.IsZero() {
		return FreshFrame{Type: FrameFresh}
	}
	return StaleFrame{Type: FrameStale, Since: since.UTC().Truncate(time.Millisecond)}
}
