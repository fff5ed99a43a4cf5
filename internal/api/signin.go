package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/trip"
)

func (a *API) signInRoutes() {
	open := []map[string][]string{} // no token
	handle(a, huma.Operation{
		OperationID: "login", Method: http.MethodPost, Path: "/v1/auth/login", Tags: []string{"auth"}, Security: open,
		Summary:     "Sign in with a password",
		Description: "The answer is the same for an id that nobody has, a wrong password and an account that is disabled. Tries are limited by account and by address.",
	}, a.login)
	handle(a, huma.Operation{
		OperationID: "refresh", Method: http.MethodPost, Path: "/v1/auth/refresh", Tags: []string{"auth"}, Security: open,
		Summary: "Get new tokens before the access token expires",
		Description: "A refresh token is good once: the next one is in the answer. One that comes again ends its session, since somebody else may hold it; " +
			"but for a minute, and while the next one has not been used, it is taken for the repetition of a request whose answer was lost: the answer then has another next one, and the one before is void.",
	}, a.refresh)
	handle(a, huma.Operation{
		OperationID: "logout", Method: http.MethodPost, Path: "/v1/auth/logout", Tags: []string{"auth"}, Security: open,
		Summary:     "End the session of a refresh token",
		Description: "Its access tokens are refused within 10 s everywhere, and its sockets are closed; at trackers once NATS is there, where it is away.",
	}, a.logout)
	handle(a, huma.Operation{
		OperationID: "change-password", Method: http.MethodPost, Path: "/v1/auth/password", Tags: []string{"auth"},
		Summary:     "Change one's own password",
		Description: "All other sessions of the account end, as by logout. A wrong old password is 422 and names the field; tries are limited as for signing in.",
	}, a.changePassword)
	handle(a, huma.Operation{
		OperationID: "add-account", Method: http.MethodPost, Path: "/v1/accounts", Tags: []string{"operator"},
		Summary: "Let somebody sign in", DefaultStatus: http.StatusCreated,
	}, a.addAccount)
	handle(a, huma.Operation{
		OperationID: "list-accounts", Method: http.MethodGet, Path: "/v1/accounts", Tags: []string{"operator"}, Summary: "A page of accounts by id",
	}, a.listAccounts)
	handle(a, huma.Operation{
		OperationID: "get-account", Method: http.MethodGet, Path: "/v1/accounts/{id}", Tags: []string{"operator"}, Summary: "An account",
	}, a.getAccount)
	handle(a, huma.Operation{
		OperationID: "disable-account", Method: http.MethodDelete, Path: "/v1/accounts/{id}", Tags: []string{"operator"},
		Summary:     "Disable an account",
		Description: "It signs in no more, and its sessions end as by logout. The id stays taken: trips are kept under it.",
	}, a.disableAccount)
	handle(a, huma.Operation{
		OperationID: "reset-password", Method: http.MethodPut, Path: "/v1/accounts/{id}/password", Tags: []string{"operator"},
		Summary:     "Give an account another password, for somebody who forgot it",
		Description: "All its sessions end, as by logout.",
	}, a.resetPassword)
}

// door is where people sign in, if they do so here.
func (a *API) door() (*signin.Door, error) {
	if a.SignIn == nil {
		return nil, fault.New(fault.NotFound, "accounts are kept elsewhere: this server takes tokens of another issuer")
	}
	return a.SignIn, nil
}

type loginInput struct {
	Body struct {
		ID       string `json:"id" minLength:"1" maxLength:"64"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

type refreshInput struct {
	Body struct {
		RefreshToken string `json:"refresh_token" minLength:"1" maxLength:"128"`
	}
}

type tokensOutput struct {
	Body struct {
		AccessToken  string    `json:"access_token" doc:"for Authorization: Bearer"`
		TokenType    string    `json:"token_type" doc:"always Bearer"`
		ExpiresIn    int       `json:"expires_in" doc:"seconds until the access token expires"`
		RefreshToken string    `json:"refresh_token" doc:"good once, for 30 days"`
		AccountID    string    `json:"account_id"`
		Role         trip.Role `json:"role"`
	}
}

func newTokensOutput(t signin.Tokens, err error) (*tokensOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &tokensOutput{}
	out.Body.AccessToken, out.Body.TokenType, out.Body.ExpiresIn = t.Access, "Bearer", int(signin.AccessTTL/time.Second)
	out.Body.RefreshToken, out.Body.AccountID, out.Body.Role = t.Refresh, t.AccountID, t.Role
	return out, nil
}

func (a *API) login(ctx context.Context, in *loginInput) (*tokensOutput, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	if err := a.takeTry(ctx, in.Body.ID); err != nil {
		return nil, err
	}
	return newTokensOutput(door.Login(ctx, in.Body.ID, in.Body.Password))
}

func (a *API) refresh(ctx context.Context, in *refreshInput) (*tokensOutput, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	return newTokensOutput(door.Refresh(ctx, in.Body.RefreshToken))
}

func (a *API) logout(ctx context.Context, in *refreshInput) (*struct{}, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	return nil, door.Logout(ctx, in.Body.RefreshToken)
}

// accountView is an account as operators see it.
type accountView struct {
	ID        string    `json:"id" doc:"the rider's, driver's or operator's id"`
	Role      trip.Role `json:"role"`
	Disabled  bool      `json:"disabled"`
	CreatedAt time.Time `json:"created_at"`
}

type accountInput struct {
	Body struct {
		ID       string    `json:"id" maxLength:"64"`
		Role     trip.Role `json:"role" enum:"rider,driver,operator"`
		Password string    `json:"password" doc:"12 characters at least, 256 bytes at most"`
	}
}

type accountOutput struct{ Body accountView }

type accountsOutput struct {
	Body struct {
		Accounts   []accountView `json:"accounts" nullable:"false"`
		NextCursor string        `json:"next_cursor,omitempty" doc:"of the next page; left out on the last"`
	}
}

func viewOfAccount(a account.Account) accountView {
	return accountView{a.ID, a.Role, a.Disabled, a.CreatedAt}
}

func (a *API) addAccount(ctx context.Context, in *accountInput) (*accountOutput, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	created, err := door.Create(ctx, caller(ctx).Subject, in.Body.ID, in.Body.Role, in.Body.Password)
	return &accountOutput{viewOfAccount(created)}, err
}

func (a *API) getAccount(ctx context.Context, in *IDInput) (*accountOutput, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	if err := in.check("account"); err != nil {
		return nil, err
	}
	found, err := door.Account(ctx, in.ID)
	return &accountOutput{viewOfAccount(found)}, err
}

func (a *API) listAccounts(ctx context.Context, in *PageInput) (*accountsOutput, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" && !driver.ValidID(in.Cursor) {
		return nil, fault.Field("cursor", "%q is not accepted: the next_cursor of a page", in.Cursor)
	}
	page, next, err := door.Accounts(ctx, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &accountsOutput{}
	out.Body.Accounts, out.Body.NextCursor = make([]accountView, len(page)), next
	for i, found := range page {
		out.Body.Accounts[i] = viewOfAccount(found)
	}
	return out, nil
}

func (a *API) disableAccount(ctx context.Context, in *IDInput) (*struct{}, error) {
	door, err := a.door()
	if err != nil {
		return nil, err
	}
	if err := in.check("account"); err != nil {
		return nil, err
	}
	return nil, door.Disable(ctx, caller(ctx).Subject, in.ID)
}
