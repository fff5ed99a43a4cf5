package sim

import (
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// NoteKind is what a Note is about.
type NoteKind string

// What clients note down.
const (
	Acknowledged NoteKind = "acknowledged" // the engine answered a request with its trip
	Told         NoteKind = "told"         // a frame or an answer showed a trip
	Offered      NoteKind = "offered"      // a phone showed an offer
	Accepted     NoteKind = "accepted"     // a driver said yes to an offer
)

// Note is one thing that a client said or was told, for those who hold a run to
// rules of their own: a [Checker] needs none of it.
type Note struct {
	At      time.Time
	Kind    NoteKind
	Who     string    // the rider or driver; empty for the operator who reads at the end
	Key     string    // of Acknowledged: the Idempotency-Key of the request
	OfferID string    // of Offered and Accepted
	Trip    wire.Trip // of Acknowledged and Told; of Offered its id and epoch alone
}

// note hands a note on. The ledger is locked, so notes come one by one.
func (l *ledger) note(n Note) {
	if l.tell != nil {
		l.tell(n)
	}
}
