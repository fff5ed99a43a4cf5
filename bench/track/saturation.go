package main

import "math"

// saturation is the highest rate that is sustained, to the given precision (1.1:
// a tenth): it rises by halves until a rate fails twice in a row, since on a busy
// machine any rate may fail once, then halves the way between the last two.
// What is sustained up to the limit is given as the limit.
func saturation(start, limit, precision float64, sustained func(rate float64) (bool, error)) (float64, error) {
	twice := func(rate float64) (bool, error) {
		ok, err := sustained(rate)
		if err == nil && !ok {
			ok, err = sustained(rate)
		}
		return ok, err
	}
	least, most := 0.0, math.Inf(1)
	for rate := start; most/least > precision; {
		ok, err := twice(rate)
		if err != nil {
			return 0, err
		}
		switch {
		case ok && rate >= limit:
			return limit, nil
		case ok:
			least = rate
		default:
			most = rate
		}
		switch {
		case math.IsInf(most, 1):
			rate = min(1.5*least, limit)
		case least > 0:
			rate = math.Sqrt(least * most)
		case rate < 10:
			return 0, nil
		default:
			rate = most / 2
		}
	}
	return least, nil
}
