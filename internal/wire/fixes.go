package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

// MaxFixes is how many fixes one part of a way has at most.
const MaxFixes = 1000

// The packed form of fixes: fixesForm, then for each fix three varints, the
// differences to the fix before (to 0 for the first) of the unix time in
// milliseconds and of latitude and longitude in millionths of a degree, which
// is a decimetre. A car's fix takes about seven bytes.
const (
	fixesForm  = 1
	fixDegree  = 1e6
	maxFixTime = 1 << 53
)

// RoundFix is the fix as its packed form has it.
func RoundFix(f trip.Fix) trip.Fix {
	lat, lon := math.Round(f.Lat*fixDegree), math.Round(f.Lon*fixDegree)
	// Adding zero makes a plain zero of a negative one.
	return trip.Fix{Point: geo.Point{Lat: lat/fixDegree + 0, Lon: lon/fixDegree + 0}, At: time.UnixMilli(f.At.UnixMilli()).UTC()}
}

// EncodeFixes is the packed form of fixes: a stretch of a way on the bus and in
// the stores. The fixes have to be valid points.
func EncodeFixes(fixes []trip.Fix) []byte {
	data := make([]byte, 0, 16+8*len(fixes))
	data = append(data, fixesForm)
	var before [3]int64
	for _, f := range fixes {
		now := [3]int64{f.At.UnixMilli(), int64(math.Round(f.Lat * fixDegree)), int64(math.Round(f.Lon * fixDegree))}
		for i := range now {
			data = binary.AppendVarint(data, now[i]-before[i])
		}
		before = now
	}
	return data
}

// DecodeFixes reads what EncodeFixes wrote. It refuses what is cut off, off the
// earth, before 1970, or longer than MaxFixes.
func DecodeFixes(data []byte) ([]trip.Fix, error) {
	if len(data) == 0 || data[0] != fixesForm {
		return nil, fmt.Errorf("fixes: not of form %d", fixesForm)
	}
	var fixes []trip.Fix
	var at [3]int64
	for rest := data[1:]; len(rest) > 0; {
		for i := range at {
			step, n := binary.Varint(rest)
			if n <= 0 {
				return nil, fmt.Errorf("fix %d: cut off", len(fixes))
			}
			at[i], rest = at[i]+step, rest[n:]
		}
		f := trip.Fix{Point: geo.Point{Lat: float64(at[1]) / fixDegree, Lon: float64(at[2]) / fixDegree}, At: time.UnixMilli(at[0]).UTC()}
		if at[0] < 0 || at[0] > maxFixTime || !f.Valid() {
			return nil, fmt.Errorf("fix %d: %v at %d is not on the earth, or not of our time", len(fixes), f.Point, at[0])
		}
		if fixes = append(fixes, f); len(fixes) > MaxFixes {
			return nil, fmt.Errorf("more than %d fixes", MaxFixes)
		}
	}
	return fixes, nil
}
