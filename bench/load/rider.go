package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// centre is the middle of a district of six kilometres.
var centre = geo.Point{Lat: 40.75, Lon: -73.98}

func somewhere() geo.Point {
	return geo.Point{Lat: centre.Lat + (rand.Float64()-0.5)*0.05, Lon: centre.Lon + (rand.Float64()-0.5)*0.06}
}

// said is what became of a request.
type said struct {
	status int
	tripID string
	retry  bool // a refusal says when to come again
}

// post asks for a trip as a rider who never asked before.
func (r *rig) post(ctx context.Context) (said, error) {
	rider := uuid.NewString()
	token, err := r.issuer.Issue(trip.Rider, rider, time.Hour)
	if err != nil {
		return said{}, err
	}
	from, to := somewhere(), somewhere()
	body := fmt.Sprintf(`{"pickup":{"lat":%f,"lon":%f},"dropoff":{"lat":%f,"lon":%f}}`, from.Lat, from.Lon, to.Lat, to.Lon)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.programs["dispatcher"].url+"/v1/trips", bytes.NewReader([]byte(body)))
	if err != nil {
		return said{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", rider)
	answer, err := r.client.Do(req)
	if err != nil {
		return said{}, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return said{}, err
	}
	s := said{status: answer.StatusCode, retry: answer.Header.Get("Retry-After") != ""}
	if s.status == http.StatusCreated {
		var t struct {
			ID string `json:"id"`
		}
		err = json.Unmarshal(data, &t)
		s.tripID = t.ID
	}
	return s, err
}
