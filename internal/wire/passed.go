package wire

import "time"

// PassedOver is a decision that looked at a driver and chose another or nobody.
type PassedOver struct {
	At          time.Time `json:"at" doc:"of the first tick that decided so"`
	Ticks       int       `json:"ticks" doc:"how many ticks in a row decided the same"`
	TripID      string    `json:"trip_id"`
	Reason      string    `json:"reason" enum:"position_too_old,not_available,claimed,unreachable,other_class,too_few_seats,declined,unanswered,too_far,not_cheapest,too_dear,given_another_trip" doc:"not_cheapest: another driver was chosen; too_dear: waiting was better than this pickup; given_another_trip: at the same tick; the others as in the trip's decisions"`
	Chosen      string    `json:"chosen,omitempty" doc:"the driver who was; left out for nobody"`
	CostS       *float64  `json:"cost_s,omitempty" doc:"what this driver was weighed at; left out for one who could not serve the trip"`
	ChosenCostS *float64  `json:"chosen_cost_s,omitempty"`
	Metres      float64   `json:"metres" doc:"from the driver to the pickup"`
	Rung        string    `json:"rung"`
	Policy      string    `json:"policy"`
}

// PassedOverQuery asks dispatchers which decisions passed a driver over.
type PassedOverQuery struct {
	DriverID string    `json:"driver_id"`
	Since    time.Time `json:"since"`
}

// PassedOverReply is what one dispatcher remembers, the newest first. Partial: it
// made more such decisions than it remembers, or tells.
type PassedOverReply struct {
	Decisions []PassedOver `json:"decisions"`
	Partial   bool         `json:"partial,omitempty"`
}
