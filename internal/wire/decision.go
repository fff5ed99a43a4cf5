package wire

import "time"

// Decision is the public form of what a tick decided for a trip.
type Decision struct {
	At         time.Time   `json:"at"`
	Epoch      int64       `json:"epoch"`
	Ticks      int         `json:"ticks" doc:"how many ticks in a row decided the same"`
	Policy     string      `json:"policy"`
	Rung       string      `json:"rung" doc:"where the travel times came from"`
	Chosen     string      `json:"chosen" doc:"the driver who was offered the trip; empty for none"`
	Refused    string      `json:"refused,omitempty" doc:"why the store refused the offer"`
	Candidates []Candidate `json:"candidates" nullable:"false" doc:"who could have served it, cheapest first"`
	Excluded   []Exclusion `json:"excluded" nullable:"false" doc:"who was near and left out, nearest first"`
}

// Candidate is a driver who could have served the trip.
type Candidate struct {
	DriverID  string  `json:"driver_id"`
	DistanceM float64 `json:"distance_m"`
	PickupS   int     `json:"pickup_s" doc:"estimated time to the pickup"`
	AgeS      float64 `json:"age_s" doc:"of the position"`
	AccuracyM float64 `json:"accuracy_m" doc:"of the position; -1 if unknown"`
}

// Exclusion is a driver near the pickup who was left out.
type Exclusion struct {
	DriverID  string  `json:"driver_id"`
	DistanceM float64 `json:"distance_m"`
	Reason    string  `json:"reason"`
}
