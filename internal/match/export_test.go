package match

// Warm has the next Solve start from the past also where that would not pay.
func (s *Solver) Warm() { s.past.hard = true }
