package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/cabstand/cabstand/internal/signin"
)

// How often a password may be tried. Somebody's mistakes fit in; a list of
// common passwords does not. The account's own is wide, or a stranger could keep
// its owner out; the address's is wide since many share one.
var (
	triesOfOneAtAddress = Pace{PerSecond: 1.0 / 30, Burst: 10}
	triesOfOne          = Pace{PerSecond: 1.0 / 10, Burst: 100}
	triesOfAddress      = Pace{PerSecond: 5, Burst: 300}
)

// try is who tries a password from where; either may be left out.
type try struct {
	account string
	from    netip.Prefix
}

// tries keeps the pace of passwords that are tried.
type tries struct{ buckets *buckets[try] }

// takeTry counts a try of the account's password, from where the request came.
func (a *API) takeTry(ctx context.Context, id string) error {
	from, _ := ctx.Value(clientKey{}).(netip.Addr)
	return a.tries.take(id, from, a.Now())
}

// take counts a try. The account's own bucket comes last: a try that another one
// refuses takes nothing out of it, so that no single address can empty it.
func (t tries) take(id string, from netip.Addr, now time.Time) error {
	at := household(from)
	if err := t.of(try{account: id, from: at}, triesOfOneAtAddress, now); err != nil {
		return err
	}
	if from.IsValid() && !from.IsLoopback() {
		if err := t.of(try{from: at}, triesOfAddress, now); err != nil {
			return err
		}
	}
	return t.of(try{account: id}, triesOfOne, now)
}

func (t tries) of(key try, pace Pace, now time.Time) error {
	return pace.take("passwords", t.buckets.of(key, pace), http.Header{}, now)
}

type changePasswordInput struct {
	Body struct {
		Old string `json:"old" minLength:"1" maxLength:"256"`
		New string `json:"new" doc:"12 characters at least, 256 bytes at most"`
	}
}

func (a *API) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	who := caller(ctx)
	if err := a.takeTry(ctx, who.Subject); err != nil {
		return nil, err
	}
	return nil, door.ChangePassword(ctx, signin.Member{ID: who.Subject, Role: who.Role, Session: who.Session}, in.Body.Old, in.Body.New)
}

type resetPasswordInput struct {
	IDInput
	Body struct {
		Password string `json:"password" doc:"12 characters at least, 256 bytes at most"`
	}
}

func (a *API) resetPassword(ctx context.Context, in *resetPasswordInput) (*struct{}, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	if err := in.check("account"); err != nil {
		return nil, err
	}
	return nil, door.ResetPassword(ctx, caller(ctx).Subject, in.ID, in.Body.Password)
}
