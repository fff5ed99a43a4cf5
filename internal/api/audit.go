package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
)

// Audit keeps what operators did. What they do to trips, drivers, devices and
// accounts is stored with the change itself, by whoever stores that.
type Audit interface {
	// Record stores what was done elsewhere than in the store.
	Record(ctx context.Context, entries ...audit.Entry) error
	// Audited is a page, the newest first; next is "" on the last one.
	Audited(ctx context.Context, q audit.Query) (page []audit.Entry, next string, err error)
}

func (a *API) auditRoutes() {
	handle(a, huma.Operation{
		OperationID: "audit", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{"operator"},
		Summary:     "What operators did, the newest first",
		Description: "An entry is stored together with what it tells of; of the policy, which is kept elsewhere, right before, and policy.failed follows where that failed.",
	}, a.audited)
}

// did is an entry of what the caller does, to be stored with it.
func (a *API) did(ctx context.Context, action, subject string, detail map[string]any) audit.Entry {
	return audit.Entry{At: a.Now().UTC(), By: caller(ctx).Subject, Action: action, Subject: subject, Detail: detail}
}

// record stores what the caller does. Whoever asked for it may have left.
func (a *API) record(ctx context.Context, action, subject string, detail map[string]any) error {
	return a.Audit.Record(context.WithoutCancel(ctx), a.did(ctx, action, subject, detail))
}

// detailOf is a value of our own types as a detail.
func detailOf(v any) map[string]any {
	var detail map[string]any
	if err := json.Unmarshal(mustJSON(v), &detail); err != nil {
		panic("api: " + err.Error())
	}
	return detail
}

type auditInput struct {
	PageInput
	Subject string `query:"subject" maxLength:"100" doc:"only what was done to this: trip:…, driver:…, account:…, area:…, policy"`
}

type auditEntry struct {
	At      time.Time      `json:"at"`
	By      string         `json:"by" doc:"the operator; empty for whoever has the machine"`
	Action  string         `json:"action" doc:"such as trip.cancel, trip.redispatch, trip.assign, driver.register, policy.set"`
	Subject string         `json:"subject" doc:"kind and id, such as trip:…"`
	Detail  map[string]any `json:"detail" doc:"whatever else there is to know"`
}

type auditOutput struct {
	Body struct {
		Entries    []auditEntry `json:"entries" nullable:"false"`
		NextCursor string       `json:"next_cursor,omitempty" doc:"of the next page; left out on the last"`
	}
}

func (a *API) audited(ctx context.Context, in *auditInput) (*auditOutput, error) {
	if err := driver.CheckText("subject", in.Subject); err != nil {
		return nil, err
	}
	page, next, err := a.Audit.Audited(ctx, audit.Query{Subject: in.Subject, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Entries, out.Body.NextCursor = make([]auditEntry, len(page)), next
	for i, e := range page {
		if e.Detail == nil {
			e.Detail = map[string]any{}
		}
		out.Body.Entries[i] = auditEntry(e)
	}
	return out, nil
}
