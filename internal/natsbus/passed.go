package natsbus

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/wire"
)

const passedSubject = "dispatch.passed"

// PassedOver is the decisions of all live dispatchers that passed the driver
// over, the newest first. It is partial where one did not answer in time.
func (d *Decisions) PassedOver(ctx context.Context, q wire.PassedOverQuery) (wire.PassedOverReply, error) {
	all := wire.PassedOverReply{Decisions: []wire.PassedOver{}}
	whole, err := askAll(ctx, d, passedSubject, wire.Encode(q), func(r wire.PassedOverReply) {
		all.Decisions, all.Partial = append(all.Decisions, r.Decisions...), all.Partial || r.Partial
	})
	if err != nil {
		return all, err
	}
	all.Partial = all.Partial || !whole
	slices.SortStableFunc(all.Decisions, func(a, b wire.PassedOver) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.TripID, b.TripID))
	})
	return all, nil
}

// ServePassedOver answers with what fn remembers until stop is called. fn must
// not block.
func (d *Decisions) ServePassedOver(fn func(wire.PassedOverQuery) wire.PassedOverReply) (stop func(), err error) {
	return d.hear(passedSubject, func(m *nats.Msg) error {
		return decode(m.Data, func(q wire.PassedOverQuery) {
			if err := m.Respond(wire.Encode(fn(q))); err != nil {
				d.log.Debug("decisions not sent", "err", err)
			}
		})
	})
}

// askAll asks every dispatcher that lives and hands over what each says. whole is
// false where one did not answer in time, or not as it should.
func askAll[T any](ctx context.Context, d *Decisions, subject string, question []byte, told func(T)) (whole bool, err error) {
	replies, err := d.ask(subject, question)
	if err != nil {
		return false, err
	}
	defer replies.Unsubscribe() //nolint:errcheck // fails on a closed connection alone
	ctx, cancel := context.WithTimeout(ctx, recallWithin)
	defer cancel()
	for range d.members.Live() {
		m, err := replies.NextMsgWithContext(ctx)
		if err != nil {
			return false, nil
		}
		var one T
		if err := json.Unmarshal(m.Data, &one); err != nil {
			d.count(m.Subject, err)
			return false, nil
		}
		told(one)
	}
	return true, nil
}
