package match

// Fifo lets one request after the other, in order of number, take the cheapest
// driver that is still free. Ties go to the lower driver. It returns the driver
// of each request, or None.
func Fifo(requests, drivers int, arcs []Arc) []int {
	byRequest := listed(requests, arcs)
	driverOf := make([]int, requests)
	taken := make([]bool, drivers)
	for i := range driverOf {
		driverOf[i] = None
		cheapest := Infinite
		for _, a := range byRequest.row(i) {
			if taken[a.Driver] || a.Cost > cheapest || a.Cost == cheapest && a.Driver >= driverOf[i] {
				continue
			}
			driverOf[i], cheapest = a.Driver, a.Cost
		}
		if driverOf[i] != None {
			taken[driverOf[i]] = true
		}
	}
	return driverOf
}
