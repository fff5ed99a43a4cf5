package wire

// Numbers is what the installation did, in steps of time.
type Numbers struct {
	StepS   int           `json:"step_s" doc:"length of a step, seconds"`
	At      []int64       `json:"at" nullable:"false" doc:"when each step begins, unix seconds; the last one is not over"`
	Series  NumbersSeries `json:"series" doc:"a figure for each step; null where there was nothing"`
	Totals  NumbersTotals `json:"totals" doc:"of all steps together"`
	Partial bool          `json:"partial" doc:"something is missing: the store does not answer, or a live dispatcher has stored nothing for two minutes"`
}

// NumbersSeries is a figure for each step; null where there was nothing to make
// it from.
type NumbersSeries struct {
	Requests        []*float64            `json:"requests" nullable:"false" doc:"trips that were requested"`
	Served          []*float64            `json:"served" nullable:"false" doc:"trips that got their first driver"`
	Expired         []*float64            `json:"expired" nullable:"false" doc:"trips for which nobody was found in time"`
	Cancelled       []*float64            `json:"cancelled" nullable:"false"`
	WaitP50S        []*float64            `json:"wait_p50_s" nullable:"false" doc:"from the request to the driver's accepting, of those served"`
	WaitP95S        []*float64            `json:"wait_p95_s" nullable:"false"`
	OffersAccepted  []*float64            `json:"offers_accepted" nullable:"false"`
	OffersDeclined  []*float64            `json:"offers_declined" nullable:"false"`
	OffersExpired   []*float64            `json:"offers_expired" nullable:"false"`
	PositionAgeP99S []*float64            `json:"position_age_p99_s" nullable:"false" doc:"of drivers' positions when matching read them"`
	Ticks           []*float64            `json:"ticks" nullable:"false"`
	TickP50Ms       []*float64            `json:"tick_p50_ms" nullable:"false" doc:"how long a tick took"`
	TickP99Ms       []*float64            `json:"tick_p99_ms" nullable:"false"`
	Rung            map[string][]*float64 `json:"rung" doc:"trips that were given a driver, by what the travel times stood on"`
	DriversOnline   []*float64            `json:"drivers_online" nullable:"false" doc:"mean, of the cells that dispatchers work on"`
	Open            []*float64            `json:"open" nullable:"false" doc:"requests that waited for an offer, mean over ticks"`
}

// NumbersTotals is the same over all steps; null where there was nothing.
type NumbersTotals struct {
	Requests        float64            `json:"requests"`
	Served          float64            `json:"served"`
	Expired         float64            `json:"expired"`
	Cancelled       float64            `json:"cancelled"`
	WaitP50S        *float64           `json:"wait_p50_s"`
	WaitP95S        *float64           `json:"wait_p95_s"`
	OffersAccepted  float64            `json:"offers_accepted"`
	OffersDeclined  float64            `json:"offers_declined"`
	OffersExpired   float64            `json:"offers_expired"`
	PositionAgeP99S *float64           `json:"position_age_p99_s"`
	Ticks           float64            `json:"ticks"`
	TickP50Ms       *float64           `json:"tick_p50_ms"`
	TickP99Ms       *float64           `json:"tick_p99_ms"`
	Rung            map[string]float64 `json:"rung"`
}
