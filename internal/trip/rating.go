package trip

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cabstand/cabstand/internal/fault"
)

// Rating is what the rider thought of the ride.
type Rating struct {
	Stars   int // 1 to 5
	Comment string
	At      time.Time // of the first rating of the trip
}

// MaxComment is the most characters of a rating's comment.
const MaxComment = 500

// rerate is how long another rating may take the place of the first.
const rerate = 24 * time.Hour

func (r Rating) validate() error {
	switch n := utf8.RuneCountInString(r.Comment); {
	case r.Stars < 1 || r.Stars > 5:
		return fault.Field("stars", "%d is not accepted: 1 to 5", r.Stars)
	case n > MaxComment:
		return fault.Field("comment", "%d characters are too many: at most %d", n, MaxComment)
	case !utf8.ValidString(r.Comment) || strings.ContainsFunc(r.Comment, isControl):
		return fault.Field("comment", "%q is not accepted: text without control characters", r.Comment)
	}
	return nil
}

// isControl allows for the ends of lines, since comments have some.
func isControl(c rune) bool { return c != '\n' && unicode.IsControl(c) }

// Rate keeps what the rider thought of the ride, which has to be over. The same
// again changes nothing; another one takes its place for a day. It counts no
// version and has no event.
func (t *Trip) Rate(stars int, comment string, now time.Time) error {
	r := Rating{Stars: stars, Comment: comment, At: now}
	if err := r.validate(); err != nil {
		return err
	}
	if t.State != Completed {
		return fault.New(fault.WrongState, "a trip that is %s cannot be rated: a completed one can", t.State)
	}
	if t.Rating != nil {
		r.At = t.Rating.At
		if r == *t.Rating {
			return nil
		}
		if now.Sub(r.At) > rerate {
			return fault.New(fault.WrongState, "the rating is older than a day: it stands")
		}
	}
	t.Rating = &r
	return nil
}
