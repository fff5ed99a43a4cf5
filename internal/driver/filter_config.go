package driver

import "time"

// FilterConfig tunes a Filter. The zero value of a field switches its check
// off; positions off the earth are always refused.
type FilterConfig struct {
	Zero        bool          // refuse (0, 0)
	Duplicate   bool          // refuse what was sent before
	Order       bool          // refuse what is older than the last believed
	Future      time.Duration // how far a phone's clock may be ahead
	Past        time.Duration // how old a fix may be
	Accuracy    float64       // metres; a fix of unknown accuracy passes
	Approximate bool          // refuse fixes that the phone says are not by satellite
	Static      bool          // refuse fixes at a speed of exactly 0; one of unknown speed passes
	Distance    float64       // metres; refuse what is closer to the last believed
	Period      time.Duration // refuse what was fixed sooner after the last believed
	Speed       float64       // m/s between two fixes

	// DailyLimit is how many positions of a driver are believed in a day (UTC).
	// Further ones are believed DailyInterval after the last, and not at all
	// where that is 0.
	DailyLimit    int
	DailyInterval time.Duration

	// Alive is the time after the last believed position from which on a fix is
	// neither Static nor too close by Distance, and one without a count no
	// duplicate: it is a sign of life, or a parked driver would fall silent. A
	// fix may be refused just before, and the next come as much later: twice this
	// time has to be within the age at which positions are fresh.
	Alive time.Duration

	// Silence after which the next fix is believed wherever and whenever it says
	// to be: a filter that compares with an old anchor for ever locks the driver
	// out. It is longer for a phone that sends rarely, at most five times this.
	Silence time.Duration
	// Witnesses is how many fixes in a row, plausible from one to the next, it
	// takes to believe that the driver is where they say and that the anchor was
	// wrong. One bad fix is outvoted by the next good one.
	Witnesses int
}

// DefaultFilterConfig suits cars in a city whose phones send every few seconds.
//
// Between houses a good phone knows its place to 30 to 80 m, by cell towers to
// 500 m and worse: the limit of accuracy is between the two. Static, Distance,
// Period and DailyLimit spare storage, which dispatching does not need, and are
// off.
var DefaultFilterConfig = FilterConfig{
	Zero: true, Duplicate: true, Order: true,
	Future: 30 * time.Second, Past: 5 * time.Minute,
	Accuracy: 100, Speed: TopSpeed,
	DailyInterval: 10 * time.Second, Alive: 5 * time.Second,
	Silence: 60 * time.Second, Witnesses: 3,
}
