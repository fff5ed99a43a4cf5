package redisgeo

import (
	"math"

	"github.com/cabstand/cabstand/geo"
)

// maxGeoLat is the last latitude that Redis GEO takes.
const maxGeoLat = 85.05112878

// scoreOf is the score that GEOADD gives a point: 26 bits of the longitude
// between those of the latitude. To add it with ZADD is to do the same with a
// third less work for Redis. Latitudes near a pole are brought into what Redis
// takes; the packed location has the true one, and readers so near a pole do
// not ask by distance.
func scoreOf(p geo.Point) uint64 {
	return spread(fraction((p.Lat+maxGeoLat)/(2*maxGeoLat))) | spread(fraction((p.Lon+180)/360))<<1
}

// fraction is the first 26 bits of a number from 0 to 1.
func fraction(f float64) uint64 {
	const steps = 1 << 26
	return uint64(math.Max(0, math.Min(steps-1, f*steps)))
}

// spread puts a zero between the bits of x.
func spread(x uint64) uint64 {
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}
