package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/cabstand/cabstand/internal/sim"
	"github.com/cabstand/cabstand/internal/wire"
)

// repeats is how many requests are sent again when all is over.
const repeats = 100

// repeat sends requests again under their keys, and compares the answers with the
// first ones, which may be from before several crashes.
func repeat(ctx context.Context, target string, token sim.Token, answers []sim.Note) (all []faults.Repeat, err error) {
	step := max(1, len(answers)/repeats)
	for i := 0; i < len(answers); i += step {
		r, err := repeatOne(ctx, target, token, answers[i])
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func repeatOne(ctx context.Context, target string, token sim.Token, n sim.Note) (faults.Repeat, error) {
	body, err := json.Marshal(map[string]any{"pickup": n.Trip.Pickup, "dropoff": n.Trip.Dropoff})
	if err != nil {
		return faults.Repeat{}, err
	}
	bearer, err := token("rider", n.Who)
	if err != nil {
		return faults.Repeat{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target+"/v1/trips", bytes.NewReader(body))
	if err != nil {
		return faults.Repeat{}, err
	}
	req.Header = http.Header{"Authorization": {"Bearer " + bearer}, "Content-Type": {"application/json"}, "Idempotency-Key": {n.Key}}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return faults.Repeat{}, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return faults.Repeat{}, err
	}
	var t wire.Trip
	if err := json.Unmarshal(data, &t); answer.StatusCode != http.StatusCreated || err != nil {
		return faults.Repeat{Key: n.Key, First: n.Trip.ID, Again: fmt.Sprintf("%s: %s", answer.Status, data)}, nil
	}
	return faults.Repeat{Key: n.Key, First: text(n.Trip), Again: text(t)}, nil
}

func text(t wire.Trip) string {
	data, _ := json.Marshal(t) // it was decoded from JSON
	return string(data)
}
