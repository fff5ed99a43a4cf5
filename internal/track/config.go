package track

import (
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// Config has the bounds and times of a tracker. Start from DefaultConfig: zero
// is no useful value for any of them.
type Config struct {
	Filter driver.FilterConfig

	Heartbeat    time.Duration // how often phones are asked to send a position at least
	PingEvery    time.Duration
	PingTimeout  time.Duration // a phone that neither answers a ping nor sends anything for this long is gone
	AckEvery     time.Duration // at most one ack in this time
	WriteTimeout time.Duration // of one frame
	HelloWait    time.Duration // for the shared store to say up to where a driver was acknowledged

	CommandTimeout time.Duration // of one question to a dispatcher
	ReconnectEvery time.Duration // how often an unanswered connect is repeated

	PositionRate  float64 // positions per second and session
	PositionBurst int     // must hold a full batch
	FrameRate     float64 // other frames per second and session
	FrameBurst    int
	Strikes       int // bad or limited frames, less the good ones, that close the socket
	Outgoing      int // frames that may wait for a phone
	Orders        int // orders that may wait for a dispatcher

	FlushEvery   time.Duration
	FlushAt      int           // drivers waiting that make a flush early
	FlushMax     int           // drivers in one batch
	FlushTimeout time.Duration // of one batch
	FlushPause   time.Duration // after a failed one
	FlushKeep    time.Duration // older locations are not worth delivering any more

	// TripSilence is how long a session hears nothing of a trip that holds its
	// driver before it asks how the trip stands: longer than dispatchers wait
	// before they tell of one again.
	TripSilence time.Duration
	DoubtEvery  time.Duration // how often sessions look for such silence

	BeatEvery time.Duration // how often the tracker says that it lives

	// StatusFresh is how old a position may be to be published anew when the
	// driver only says to be available.
	StatusFresh time.Duration
	// Linger is how long a driver's place and status are remembered after the
	// session ended, for the next one.
	Linger     time.Duration
	Profiles   int           // profiles remembered, and devices
	ProfileTTL time.Duration // for this long

	// DeviceFresh is how long a dispatcher's word on a device is relied on: a
	// revoked one is refused after it at the latest.
	DeviceFresh time.Duration
	DeviceAsks  int // questions about devices under way at a time
}

// DefaultConfig suits a fleet of phones.
var DefaultConfig = Config{
	Filter: driver.DefaultFilterConfig,

	Heartbeat: 5 * time.Second, PingEvery: 20 * time.Second, PingTimeout: 10 * time.Second,
	AckEvery: 5 * time.Second, WriteTimeout: 5 * time.Second, HelloWait: 300 * time.Millisecond,

	CommandTimeout: 3 * time.Second, ReconnectEvery: 2 * time.Second,

	PositionRate: 10, PositionBurst: 200, FrameRate: 5, FrameBurst: 30,
	Strikes: 50, Outgoing: 256, Orders: 16,

	FlushEvery: 50 * time.Millisecond, FlushAt: 500, FlushMax: 1000,
	FlushTimeout: 2 * time.Second, FlushPause: time.Second, FlushKeep: time.Minute,

	TripSilence: 90 * time.Second, DoubtEvery: 15 * time.Second,
	BeatEvery: 2 * time.Second, StatusFresh: 15 * time.Second, Linger: time.Minute,
	Profiles: 100_000, ProfileTTL: 24 * time.Hour,
	DeviceFresh: 15 * time.Second, DeviceAsks: 64,
}
