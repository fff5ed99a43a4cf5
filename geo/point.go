package geo

import (
	"fmt"
	"math"
)

// EarthRadius is the mean radius of the earth in metres, as Redis GEO has it.
const EarthRadius = 6372797.560856

// Point is a place on the earth: degrees, WGS 84.
type Point struct {
	Lat float64 `json:"lat"` // -90 to 90
	Lon float64 `json:"lon"` // -180 to 180
}

// Valid reports whether p lies on the earth. NaN and infinities do not.
func (p Point) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// IsZero reports whether p is (0, 0): the place in the Gulf of Guinea where
// phones without a fix believe to be, and nobody hails a cab.
func (p Point) IsZero() bool { return p.Lat == 0 && p.Lon == 0 }

func (p Point) String() string { return fmt.Sprintf("%.6f,%.6f", p.Lat, p.Lon) }

// Distance is the great-circle distance from a to b in metres (haversine). The
// way back is as long, but for the last digits.
func Distance(a, b Point) float64 { return metres(haversine(a, b)) }

// haversine is the haversine of the angle between a and b, 0 to 1. It grows
// with the distance, and is what searches compare.
func haversine(a, b Point) float64 {
	o := meridianOf(a)
	return o.haversine(b)
}

// meridian is a point from which many distances are asked for.
type meridian struct {
	lat, lon float64 // radians, degrees
	cos, sin float64 // of the latitude
}

func meridianOf(p Point) meridian {
	lat := radians(p.Lat)
	return meridian{lat, p.Lon, math.Cos(lat), math.Sin(lat)}
}

// small is the angle in radians (127 km) up to which the series below have all
// digits.
const small = 0.02

// haversine needs no trigonometry for what is near.
func (m *meridian) haversine(p Point) float64 {
	lat, lon := radians(p.Lat)-m.lat, radians(p.Lon-m.lon)
	if !(math.Abs(lat) <= small && math.Abs(lon) <= small) {
		u, v := math.Sin(lat/2), math.Sin(lon/2)
		return u*u + m.cos*math.Cos(radians(p.Lat))*v*v
	}
	u, v := smallSin(lat/2), smallSin(lon/2)
	cos := m.cos*(1-2*u*u) - m.sin*smallSin(lat)
	return u*u + m.cos*cos*v*v
}

func smallSin(x float64) float64 {
	y := x * x
	return x * (1 - y*(1.0/6-y*(1.0/120-y*(1.0/5040))))
}

// metres is the distance that belongs to a haversine.
func metres(h float64) float64 {
	s := math.Sqrt(h)
	if s <= small/2 {
		y := s * s
		return 2 * EarthRadius * s * (1 + y*(1.0/6+y*(3.0/40+y*(15.0/336+y*(105.0/3456)))))
	}
	return 2 * EarthRadius * math.Asin(math.Min(1, s))
}

// Bearing is the initial course from a to b in degrees clockwise from north,
// 0 to below 360.
func Bearing(a, b Point) float64 {
	lat1, lat2 := radians(a.Lat), radians(b.Lat)
	dLon := radians(b.Lon - a.Lon)
	y := math.Sin(dLon) * math.Cos(lat2)
	x := math.Cos(lat1)*math.Sin(lat2) - math.Sin(lat1)*math.Cos(lat2)*math.Cos(dLon)
	deg := math.Mod(math.Atan2(y, x)*180/math.Pi+360, 360)
	return deg
}

// Destination is the point that lies metres away from p on the given bearing
// (degrees clockwise from north).
func Destination(p Point, bearing, metres float64) Point {
	lat1, course, arc := radians(p.Lat), radians(bearing), metres/EarthRadius
	lat2 := math.Asin(math.Sin(lat1)*math.Cos(arc) + math.Cos(lat1)*math.Sin(arc)*math.Cos(course))
	dLon := math.Atan2(math.Sin(course)*math.Sin(arc)*math.Cos(lat1), math.Cos(arc)-math.Sin(lat1)*math.Sin(lat2))
	return Point{Lat: degrees(lat2), Lon: wrapLon(p.Lon + degrees(dLon))}
}

// Interpolate is the point at fraction f (0 to 1) of the way from a to b. It is
// meant for short ways: it draws a straight line on the map and takes the short
// way over the antimeridian.
func Interpolate(a, b Point, f float64) Point {
	return Point{
		Lat: a.Lat + (b.Lat-a.Lat)*f,
		Lon: wrapLon(a.Lon + wrapLon(b.Lon-a.Lon)*f),
	}
}

func radians(deg float64) float64 { return deg * math.Pi / 180 }
func degrees(rad float64) float64 { return rad * 180 / math.Pi }

// wrapLon brings a longitude into -180 to 180.
func wrapLon(lon float64) float64 {
	if lon >= -180 && lon <= 180 {
		return lon
	}
	return math.Mod(math.Mod(lon+180, 360)+360, 360) - 180
}
