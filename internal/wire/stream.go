package wire

import (
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// Kinds of frames on the stream of riders and operators, beside FrameTrip,
// FramePosition, FramePositions and FrameError.
const (
	FrameSubscribe  = "subscribe"
	FrameSubscribed = "subscribed"
	FrameStats      = "stats"
	FrameCells      = "cells"
)

// What an operator sees of a subscribed area.
const (
	DetailDrivers = "drivers" // each driver and each trip
	DetailCells   = "cells"   // counts by cell, for an area with too many of both
)

// SubscribeFrame is what an operator sends to choose what to see: cells or a
// box [west, south, east, north], each new one in place of the last. The answer
// is a SubscribedFrame, then the unfinished trips and the drivers that are
// there, then every change. With the detail "cells" a CellsFrame stands in for
// trips and drivers.
type SubscribeFrame struct {
	Type   string    `json:"type"` // subscribe
	Cells  []string  `json:"cells,omitempty"`
	BBox   []float64 `json:"bbox,omitempty"`
	Detail string    `json:"detail,omitempty"` // DetailDrivers if it is left out
}

// SubscribedFrame confirms a subscription: what follows belongs to it.
type SubscribedFrame struct {
	Type   string   `json:"type"` // subscribed
	Cells  []string `json:"cells"`
	Detail string   `json:"detail"`
}

// CellsFrame tells an operator from afar what there is in the cells that
// changed since the frame before; at most one a second. The first one after a
// subscription has every cell where there is anything.
type CellsFrame struct {
	Type  string      `json:"type"` // cells
	Cells []CellCount `json:"cells"`
}

// CellCount is supply and demand in a geohash of five or six characters: six
// for a small area, five for a large one, the same in all of a subscription.
// Drivers who are silent, or online and not available, are not counted.
type CellCount struct {
	Cell      string `json:"cell"`
	Available int    `json:"available"` // drivers who could be offered a trip
	Busy      int    `json:"busy"`      // drivers with a trip
	Open      int    `json:"open"`      // requests that are searching
}

// RiderPositionFrame tells a rider where the assigned driver is.
type RiderPositionFrame struct {
	Type    string  `json:"type"` // position
	TripID  string  `json:"trip_id"`
	Lat     float64 `json:"lat"`
	Lon     float64 `json:"lon"`
	Heading float64 `json:"heading"` // degrees, -1 if unknown
	EtaS    int     `json:"eta_s"`   // to the pickup, once riding to the drop-off
}

// PositionsFrame tells an operator of the drivers in a cell who moved or
// changed since the frame before; at most once a second a cell.
type PositionsFrame struct {
	Type    string        `json:"type"` // positions
	Cell    string        `json:"cell"`
	Drivers []DriverOnMap `json:"drivers"`
}

// DriverOnMap is a driver in a PositionsFrame. One who is Offline is to be
// taken off the map.
type DriverOnMap struct {
	ID       string        `json:"id"`
	Lat      float64       `json:"lat"`
	Lon      float64       `json:"lon"`
	Heading  float64       `json:"heading"`  // degrees, -1 if unknown
	Speed    float64       `json:"speed"`    // m/s, -1 if unknown
	Accuracy float64       `json:"accuracy"` // metres, -1 if unknown
	Status   driver.Status `json:"status"`
	Class    string        `json:"class"`
	TripID   string        `json:"trip_id,omitempty"`
	AgeS     float64       `json:"age_s"` // of the position
}

// StatsFrame counts the last minutes; operators get one every few seconds.
type StatsFrame struct {
	Type      string                `json:"type"` // stats
	At        time.Time             `json:"at"`
	WindowS   int                   `json:"window_s"`  // the window of the counts below
	Requests  int                   `json:"requests"`  // trips requested in the window
	Assigned  int                   `json:"assigned"`  // drivers who accepted
	Completed int                   `json:"completed"` //
	Cancelled int                   `json:"cancelled"` //
	Expired   int                   `json:"expired"`   //
	Open      int                   `json:"open"`      // searching now
	Active    int                   `json:"active"`    // assigned, arrived or riding now
	MatchS    Quantiles             `json:"match_s"`   // request to accepted, of those accepted in the window
	PickupS   Quantiles             `json:"pickup_s"`  // request to arrived, of those arrived in the window
	Drivers   map[driver.Status]int `json:"drivers"`   // online drivers in the subscribed area, by status
	Degraded  []string              `json:"degraded"`  // parts that are gone: "redis", "nats", "store", "eta"; empty when all is well
}

// Quantiles are of a set of durations in seconds; zero when it is empty.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}
