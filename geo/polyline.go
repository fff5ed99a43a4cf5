package geo

import (
	"fmt"
	"math"
)

// polylineUnits is how many steps a degree has in an encoded polyline:
// precision 5, about a metre.
const polylineUnits = 1e5

// EncodePolyline is the line in Google's encoded polyline format, with five
// digits after the point. Points have to be valid.
func EncodePolyline(line []Point) string {
	var text []byte
	var lat, lon int64
	for _, p := range line {
		nextLat, nextLon := polylineStep(p.Lat), polylineStep(p.Lon)
		text = appendPolyline(text, nextLat-lat)
		text = appendPolyline(text, nextLon-lon)
		lat, lon = nextLat, nextLon
	}
	return string(text)
}

func polylineStep(degrees float64) int64 { return int64(math.Round(degrees * polylineUnits)) }

// appendPolyline writes a number five bits a character, the lowest first; its
// sign is the lowest bit of all.
func appendPolyline(text []byte, v int64) []byte {
	u := uint64(v) << 1
	if v < 0 {
		u = ^u
	}
	for ; u >= 0x20; u >>= 5 {
		text = append(text, byte(u&0x1f|0x20)+63)
	}
	return append(text, byte(u)+63)
}

// DecodePolyline reads what EncodePolyline wrote, or any other encoder of the
// format with five digits. It refuses what is cut off, has characters of
// another kind or leads off the earth.
func DecodePolyline(text string) ([]Point, error) {
	var line []Point
	var lat, lon int64
	for rest := text; rest != ""; {
		var steps [2]int64
		for i := range steps {
			step, n, err := polylineNumber(rest)
			if err != nil {
				return nil, fmt.Errorf("polyline at character %d: %w", len(text)-len(rest), err)
			}
			steps[i], rest = step, rest[n:]
		}
		lat, lon = lat+steps[0], lon+steps[1]
		p := Point{Lat: float64(lat) / polylineUnits, Lon: float64(lon) / polylineUnits}
		if !p.Valid() {
			return nil, fmt.Errorf("polyline before character %d: %v is not on the earth", len(text)-len(rest), p)
		}
		line = append(line, p)
	}
	return line, nil
}

// polylineNumber reads one number, and how many characters it has: at most six,
// which is more than half the earth takes.
func polylineNumber(text string) (v int64, n int, err error) {
	var u uint64
	for ; n < len(text) && n < 6; n++ {
		c := text[n] - 63
		if c > 63 {
			return 0, 0, fmt.Errorf("%q is not accepted: characters from ? to ~", text[n])
		}
		u |= uint64(c&0x1f) << (5 * n)
		if c < 0x20 {
			v = int64(u >> 1)
			if u&1 != 0 {
				v = ^v
			}
			return v, n + 1, nil
		}
	}
	if n == 6 {
		return 0, 0, fmt.Errorf("a number of more than six characters")
	}
	return 0, 0, fmt.Errorf("a number is cut off")
}
