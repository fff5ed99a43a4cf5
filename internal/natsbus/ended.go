package natsbus

import (
	"context"
	"encoding/json"
)

// Ended tells which sessions of accounts ended, to programs that have no store.
type Ended struct{ *link }

const endedSubject = "sessions.ended"

// Tell tells everybody who follows. Who does not hear it hears the next one.
func (e *Ended) Tell(ctx context.Context, sessions []string) error {
	data, err := json.Marshal(sessions)
	if err != nil {
		return err
	}
	return e.publish(ctx, endedSubject, data)
}

// Follow calls fn with the sessions of each telling until stop is called. fn
// must not block.
func (e *Ended) Follow(fn func(sessions []string)) (stop func(), err error) {
	return e.subscribe(endedSubject, func(data []byte) error { return decode(data, fn) })
}
