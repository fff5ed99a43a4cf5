package wire

import "time"

// Decision is the public form of what a tick decided for a trip.
type Decision struct {
	At         time.Time   `json:"at"`
	Epoch      int64       `json:"epoch"`
	Ticks      int         `json:"ticks" doc:"how many ticks in a row decided the same"`
	Policy     string      `json:"policy"`
	Area       string      `json:"area,omitempty" doc:"the area whose policy that is; left out where it is the installation's"`
	Rung       string      `json:"rung" doc:"where the travel times came from"`
	Chosen     string      `json:"chosen" doc:"the driver who was offered the trip, or given it in an exchange; empty for none"`
	Refused    string      `json:"refused,omitempty" doc:"why the store refused that"`
	From       string      `json:"from,omitempty" doc:"the driver from whom an exchange took it"`
	SavedS     float64     `json:"saved_s,omitempty" doc:"how much sooner its rider is picked up by the exchange; below 0 where others gain"`
	PriceS     float64     `json:"price_s" doc:"price of leaving it unserved, with what waiting has added"`
	WorthS     float64     `json:"worth_s" doc:"what the total would fall by without the trip, as far as the policy knows"`
	ChosenS    float64     `json:"chosen_worth_s" doc:"what the total would rise by without the chosen driver, as far as the policy knows"`
	TotalS     float64     `json:"total_s" doc:"of all that the tick decided, prices of those left unserved included"`
	Priced     int         `json:"priced" doc:"how many drivers were priced; those further away could not be cheaper"`
	Candidates []Candidate `json:"candidates" nullable:"false" doc:"who could have served it, cheapest first"`
	Excluded   []Exclusion `json:"excluded" nullable:"false" doc:"who was near and left out, nearest first"`
}

// Candidate is a driver who could have served the trip.
type Candidate struct {
	DriverID  string  `json:"driver_id"`
	DistanceM float64 `json:"distance_m"`
	PickupS   int     `json:"pickup_s" doc:"estimated time to the pickup"`
	LeadS     int     `json:"lead_s,omitempty" doc:"of that, what is left of the driver's ride"`
	CostS     float64 `json:"cost_s" doc:"what the pair was weighed at: time to the pickup and the terms of the policy"`
	AgeS      float64 `json:"age_s" doc:"of the position"`
	AccuracyM float64 `json:"accuracy_m" doc:"of the position; -1 if unknown"`
}

// Exclusion is a driver near the pickup who was left out.
type Exclusion struct {
	DriverID  string  `json:"driver_id"`
	DistanceM float64 `json:"distance_m"`
	Reason    string  `json:"reason"`
	AgeS      float64 `json:"age_s" doc:"of the position"`
	AccuracyM float64 `json:"accuracy_m" doc:"of the position; -1 if unknown"`
}
