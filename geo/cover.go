package geo

import "fmt"

// CoverDisc is the cells of the given length that a disc of radius metres
// around p reaches: every point of the disc lies in one of them, and each of
// them lies, to the millimetre, within radius of p. They are in the order of
// their names. More than limit cells are refused.
func CoverDisc(p Point, radius float64, length, limit int) ([]Cell, error) {
	if !p.Valid() || !(radius >= 0) {
		return nil, fmt.Errorf("a disc of %v m around %v is not on the earth", radius, p)
	}
	reach := radius + 0.001 // so that rounding leaves no cell out
	return cover(length, limit, func(cell Box) bool { return cell.Distance(p) <= reach })
}

// CoverBox is the cells of the given length that b reaches, borders included,
// in the order of their names. More than limit cells are refused.
func CoverBox(b Box, length, limit int) ([]Cell, error) {
	if !b.Valid() {
		return nil, fmt.Errorf("box %v is not on the earth", b)
	}
	return cover(length, limit, b.widened().overlaps)
}

// cover descends from the 32 largest cells into those that are reached. A cell
// that is reached has a part that is, so no generation may exceed the limit.
func cover(length, limit int, reached func(Box) bool) ([]Cell, error) {
	if length < 1 || length > 12 {
		return nil, fmt.Errorf("cells of length %d: a geohash has 1 to 12 characters", length)
	}
	cells := []Cell{""}
	for range length {
		var parts []Cell
		for _, c := range cells {
			for _, part := range c.Children() {
				if !reached(part.Bounds()) {
					continue
				}
				if parts = append(parts, part); len(parts) > limit {
					return nil, fmt.Errorf("more than %d cells of length %d: ask for a smaller area", limit, length)
				}
			}
		}
		cells = parts
	}
	return cells, nil
}
