package api

import (
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
)

// decision is the public form of what a tick decided for a trip.
type decision struct {
	At         time.Time   `json:"at"`
	Epoch      int64       `json:"epoch"`
	Ticks      int         `json:"ticks" doc:"how many ticks in a row decided the same"`
	Policy     string      `json:"policy"`
	Rung       string      `json:"rung" doc:"where the travel times came from"`
	Chosen     string      `json:"chosen" doc:"the driver who was offered the trip; empty for none"`
	Refused    string      `json:"refused,omitempty" doc:"why the store refused the offer"`
	Candidates []candidate `json:"candidates" nullable:"false" doc:"who could have served it, cheapest first"`
	Excluded   []exclusion `json:"excluded" nullable:"false" doc:"who was near and left out, nearest first"`
}

type candidate struct {
	DriverID  string  `json:"driver_id"`
	DistanceM float64 `json:"distance_m"`
	PickupS   int     `json:"pickup_s" doc:"estimated time to the pickup"`
	AgeS      float64 `json:"age_s" doc:"of the position"`
	AccuracyM float64 `json:"accuracy_m" doc:"of the position; -1 if unknown"`
}

type exclusion struct {
	DriverID  string  `json:"driver_id"`
	DistanceM float64 `json:"distance_m"`
	Reason    string  `json:"reason"`
}

func fromDecision(d dispatch.Decision) decision {
	out := decision{
		At: d.At.UTC(), Epoch: d.Epoch, Ticks: d.Ticks, Policy: d.Policy, Rung: string(d.Rung), Chosen: d.Chosen, Refused: d.Refused,
		Candidates: make([]candidate, len(d.Candidates)), Excluded: make([]exclusion, len(d.Excluded)),
	}
	for i, c := range d.Candidates {
		out.Candidates[i] = candidate{c.DriverID, c.Metres, seconds(c.PickupIn), c.Age.Seconds(), c.Accuracy}
	}
	for i, e := range d.Excluded {
		out.Excluded[i] = exclusion{e.DriverID, e.Metres, string(e.Reason)}
	}
	return out
}
