package redisgeo

import "github.com/cabstand/cabstand/internal/fault"

// Incomplete is the error of a cluster of which a part does not answer, inside a
// fault.Unavailable. The rest did its work: what a reader returns with it is
// what the rest knows, and of a batch all but the undelivered locations are
// taken over. The store itself leaves the part alone until it answers again, so
// to ask again costs nobody time.
type Incomplete struct {
	undelivered []int
	cause       error
}

func (e *Incomplete) Error() string { return "a part of the cluster is away: " + e.cause.Error() }

func (e *Incomplete) Unwrap() error { return e.cause }

// Undelivered is the indices of the locations of a batch that were not taken
// over, ascending. It is empty for a reader's error.
func (e *Incomplete) Undelivered() []int { return e.undelivered }

// usable reports whether what was read is of use though err came with it.
func (s *Store) usable(err error) bool { return err == nil || s.cluster }

// missing is the error of a reader that went on without what failed.
func (s *Store) missing(lost error) error {
	if lost == nil || !s.cluster {
		return unavailable(lost)
	}
	return unavailable(&Incomplete{cause: lost})
}

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "the store of positions does not answer")
}
