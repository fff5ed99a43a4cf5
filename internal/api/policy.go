package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/wire"
)

// Policies is how requests and drivers are paired by every dispatcher of the
// installation.
type Policies interface {
	// Configured is in force where nobody has set another.
	Configured() wire.Policy
	// InForce is the policy that was set last, nil where none is.
	InForce(ctx context.Context) (*wire.PolicySetting, error)
	// Check is fault.Invalid where Set would not accept the policy.
	Check(p wire.Policy) error
	Set(ctx context.Context, p wire.Policy, by string, at time.Time) (*wire.PolicySetting, error)
	Reset(ctx context.Context, by string) error
}

func (a *API) policyRoutes() {
	handle(a, huma.Operation{
		OperationID: "get-policy", Method: http.MethodGet, Path: "/v1/policy", Tags: []string{"operator"},
		Summary: "The policy in force: how requests and drivers are paired",
	}, a.getPolicy)
	handle(a, huma.Operation{
		OperationID: "set-policy", Method: http.MethodPut, Path: "/v1/policy", Tags: []string{"operator"},
		Summary: "Put another policy into force",
		Description: "Every dispatcher goes by it from its next tick on, and after a restart too, whatever it is configured to. " +
			"All settings are given: what GET shows as in_force, changed.",
	}, a.setPolicy)
	handle(a, huma.Operation{
		OperationID: "reset-policy", Method: http.MethodDelete, Path: "/v1/policy", Tags: []string{"operator"},
		Summary: "Put the configured policy into force again", DefaultStatus: http.StatusOK,
	}, a.resetPolicy)
}

type policyOutput struct {
	Body struct {
		InForce    wire.Policy `json:"in_force"`
		Configured wire.Policy `json:"configured" doc:"in force at this dispatcher where no operator has set another"`
		SetBy      string      `json:"set_by,omitempty" doc:"the operator who set it; left out where it is the configured one"`
		SetAt      *time.Time  `json:"set_at,omitempty"`
	}
}

// policyAnswer shows what was set, nil for nothing.
func (a *API) policyAnswer(set *wire.PolicySetting) *policyOutput {
	out := &policyOutput{}
	out.Body.Configured = a.Policies.Configured()
	out.Body.InForce = out.Body.Configured
	if set != nil {
		out.Body.InForce, out.Body.SetBy, out.Body.SetAt = set.Policy, set.SetBy, &set.SetAt
	}
	return out
}

func (a *API) getPolicy(ctx context.Context, _ *struct{}) (*policyOutput, error) {
	set, err := a.Policies.InForce(ctx)
	if err != nil {
		return nil, err
	}
	return a.policyAnswer(set), nil
}

type policyInput struct{ Body wire.Policy }

func (a *API) setPolicy(ctx context.Context, in *policyInput) (*policyOutput, error) {
	if err := a.Policies.Check(in.Body); err != nil {
		return nil, err
	}
	var set *wire.PolicySetting
	err := a.recorded(ctx, "policy.set", detailOf(in.Body), func() (err error) {
		set, err = a.Policies.Set(ctx, in.Body, caller(ctx).Subject, a.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.policyAnswer(set), nil
}

func (a *API) resetPolicy(ctx context.Context, _ *struct{}) (*policyOutput, error) {
	err := a.recorded(ctx, "policy.reset", nil, func() error { return a.Policies.Reset(ctx, caller(ctx).Subject) })
	if err != nil {
		return nil, err
	}
	return a.policyAnswer(nil), nil
}

// recorded changes the policy, which is kept elsewhere than the audit: the entry is
// stored first, so that no change lacks one, and where the change then fails
// another entry says so.
func (a *API) recorded(ctx context.Context, action string, detail map[string]any, change func() error) error {
	if err := a.record(ctx, action, audit.Policy, detail); err != nil {
		return err
	}
	err := change()
	if err == nil {
		return nil
	}
	if lost := a.record(ctx, "policy.failed", audit.Policy, map[string]any{"action": action}); lost != nil {
		a.Log.Error("the audit tells of a change of the policy that failed", "action", action, "err", lost)
	}
	return err
}
