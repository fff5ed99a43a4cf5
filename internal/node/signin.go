package node

import (
	"context"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/signin"
)

// signIn lets people in by password, with tokens that are signed by the key.
func (p *parts) signIn(key []byte) error {
	issuer, err := auth.NewIssuer(key, p.clock.Now)
	if err != nil {
		return err
	}
	p.door = signin.NewDoor(p.store, issuer.IssueIn, p.ended, newID, p.clock.Now, p.log)
	p.node.task("sessions", func(ctx context.Context) error { return p.door.Run(ctx, p.bus.Ended.Tell) })
	return nil
}

// followEnded hears from dispatchers which sessions ended: a tracker has no
// store, and a dispatcher looks into it only now and then.
func (p *parts) followEnded(ctx context.Context) error {
	return serve(ctx, p.bus.Ended.Follow, func(sessions []string) { p.ended.Add(p.clock.Now(), sessions...) })
}
