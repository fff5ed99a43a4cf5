package compare

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/cabstand/cabstand/internal/replay"
)

// square is what came of the requests of one square, mean over the seeds.
type square struct{ lat, lon, requests, lost float64 }

// squaresOf sums the places over the seeds; every run has the same ones.
func squaresOf(r *replay.Report) []square {
	var squares []square
	n := float64(len(r.Runs))
	for i, p := range r.Runs[0].Places {
		q := square{lat: p.Lat, lon: p.Lon}
		for _, run := range r.Runs {
			if i < len(run.Places) {
				q.requests += float64(run.Places[i].Requests) / n
				q.lost += float64(run.Places[i].Lost) / n
			}
		}
		squares = append(squares, q)
	}
	return squares
}

// mapWidth is the width of a map; its height follows.
const mapWidth = 300.0

// lostMap draws where riders were lost: every square in which anybody asked, the
// stronger the more were lost there, to the most of all maps.
func lostMap(squares []square, most float64) template.HTML {
	west, south, east, north := boundsOf(squares)
	shrink := math.Cos((south + north) / 2 * math.Pi / 180)
	scale := mapWidth / ((east - west) * shrink)
	height := (north - south) * scale
	side := replay.SquareSide * scale
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="map" viewBox="0 0 %.0f %.0f" role="img" aria-label="where riders were lost">`, mapWidth, height)
	for _, q := range squares {
		x, y := (q.lon-west)*shrink*scale-side*shrink/2, (north-q.lat)*scale-side/2
		fmt.Fprintf(&b, `<g><title>%.0f of %.0f riders lost near %.4f, %.4f</title>`, q.lost, q.requests, q.lat, q.lon)
		fmt.Fprintf(&b, `<rect class="asked" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, y, side*shrink+0.2, side+0.2)
		if q.lost > 0 && most > 0 {
			fmt.Fprintf(&b, `<rect class="lost" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill-opacity="%.2f"/>`,
				x, y, side*shrink+0.2, side+0.2, 0.08+0.92*math.Sqrt(q.lost/most))
		}
		b.WriteString(`</g>`)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// boundsOf is the box around the squares, whole.
func boundsOf(squares []square) (west, south, east, north float64) {
	west, south, east, north = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	const half = replay.SquareSide / 2
	for _, q := range squares {
		west, east = math.Min(west, q.lon-half), math.Max(east, q.lon+half)
		south, north = math.Min(south, q.lat-half), math.Max(north, q.lat+half)
	}
	return west, south, east, north
}

// mostLost is the most that were lost in one square.
func mostLost(squares []square) float64 {
	most := 0.0
	for _, q := range squares {
		most = math.Max(most, q.lost)
	}
	return most
}

func lostOf(squares []square) (lost float64) {
	for _, q := range squares {
		lost += q.lost
	}
	return lost
}
