package node_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/node"
	"github.com/cabstand/cabstand/internal/testenv"
)

const operatorsPassword = "correct horse battery"

// accountCreate runs `dispatcher account create`.
func accountCreate(t *testing.T, args ...string) (status int, printed string) {
	t.Helper()
	return account(t, "create", args...)
}

// account runs a command of `dispatcher account`.
func account(t *testing.T, command string, args ...string) (status int, printed string) {
	t.Helper()
	var out bytes.Buffer
	var grammar struct {
		Account node.Account `cmd:""`
	}
	args = append([]string{"account", command}, args...)
	status = node.Main(t.Context(), "dispatcher", "", &grammar, args, node.Std{Out: &out, Err: &out})
	return status, out.String()
}

// The first operator is made on the machine, signs in, and signs out.
func TestEmbedded_SignIn(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CABSTAND_PASSWORD", "an older password")
	status, printed := accountCreate(t, "--role=operator", "--id=ops", "--data="+dir)
	if status != 0 || strings.Contains(printed, "older") || strings.Contains(printed, "argon2") {
		t.Fatalf("status %d: %s", status, printed)
	}
	if status, printed := accountCreate(t, "--role=operator", "--id=ops", "--data="+dir); status != 1 || !strings.Contains(printed, "taken") {
		t.Errorf("a second one: status %d: %s", status, printed)
	}
	if status, printed := accountCreate(t, "--role=admin", "--id=x", "--data="+dir); status != 2 || !strings.Contains(printed, "rider, driver or operator") {
		t.Errorf("role admin: status %d: %s", status, printed)
	}
	t.Setenv("CABSTAND_PASSWORD", "brief")
	if status, printed := accountCreate(t, "--role=rider", "--id=x", "--data="+dir); status != 2 || strings.Contains(printed, "brief") {
		t.Errorf("a short password: status %d: %s", status, printed)
	}
	t.Setenv("CABSTAND_PASSWORD", "an older password")
	if status, printed := account(t, "password", "--id=nobody", "--data="+dir); status != 1 || strings.Contains(printed, "older") {
		t.Errorf("nobody's password: status %d: %s", status, printed)
	}
	t.Setenv("CABSTAND_PASSWORD", operatorsPassword)
	if status, printed := account(t, "password", "--id=ops", "--data="+dir); status != 0 || strings.Contains(printed, operatorsPassword) {
		t.Errorf("another password: status %d: %s", status, printed)
	}
	s, _ := mustEmbedded(t, dir)
	if status, printed := accountCreate(t, "--role=rider", "--id=x", "--data="+dir); status != 1 || !strings.Contains(printed, "POST /v1/accounts") {
		t.Errorf("while it runs: status %d: %s", status, printed)
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	login := map[string]string{"id": "ops", "password": operatorsPassword}
	if status := s.call("POST", "/v1/auth/login", "", login, &tokens); status != http.StatusOK {
		t.Fatalf("login: %d", status)
	}
	if status := s.call("GET", "/v1/drivers", tokens.Access, nil, nil); status != http.StatusOK {
		t.Errorf("the operator: %d", status)
	}
	if status := s.call("POST", "/v1/auth/logout", "", map[string]string{"refresh_token": tokens.Refresh}, nil); status != http.StatusNoContent {
		t.Errorf("logout: %d", status)
	}
	if status := s.call("GET", "/v1/drivers", tokens.Access, nil, nil); status != http.StatusUnauthorized {
		t.Errorf("after the logout: %d", status)
	}
}

// gone waits until the socket is closed; frames that still come are dropped.
func (k *socket) gone(within time.Duration) {
	k.tb.Helper()
	limit := time.After(within)
	for {
		select {
		case _, open := <-k.frames:
			if !open {
				return
			}
		case <-limit:
			k.tb.Fatalf("the socket is open after %v", within)
		}
	}
}

// Who is disabled at one dispatcher, or has the password changed there, is out at
// the other, and at the tracker, within 30 s: by tokens and by open sockets.
func TestServices_OutEverywhere(t *testing.T) {
	const soon = 30 * time.Second
	dispatchers, tracker := mustPrograms(t, testenv.Redis(t))
	one := site{tb: t, riders: dispatchers[0].String(), drivers: tracker, tokenArg: []string{"--auth-key", sharedKey}}
	other := one
	other.riders = dispatchers[1].String()
	operator := one.token("operator", "op")
	if status := one.call("POST", "/v1/drivers", operator, map[string]any{"id": "d1", "name": "Dora", "class": "standard", "seats": 4}, nil); status != http.StatusCreated {
		t.Fatal(status)
	}
	login := func(s site, id, role string) (access string) {
		t.Helper()
		s.call("POST", "/v1/accounts", operator, map[string]string{"id": id, "role": role, "password": operatorsPassword}, nil)
		var tokens struct {
			Access string `json:"access_token"`
		}
		if status := s.call("POST", "/v1/auth/login", "", map[string]string{"id": id, "password": operatorsPassword}, &tokens); status != http.StatusOK {
			t.Fatal(status)
		}
		return tokens.Access
	}
	out := func(s site, access string) {
		t.Helper()
		if status := s.call("GET", "/v1/trips", access, nil, nil); status != http.StatusUnauthorized {
			t.Errorf("by the token: %d", status)
		}
	}

	rider := login(one, "ana", "rider")
	stream := other.open(other.riders, "/v1/stream", rider)
	stays := other.open(other.riders, "/v1/stream", login(one, "bob", "rider"))
	if status := one.call("DELETE", "/v1/accounts/ana", operator, nil, nil); status != http.StatusNoContent {
		t.Fatal(status)
	}
	stream.gone(soon)
	out(one, rider)
	out(other, rider)

	driver := login(other, "d1", "driver")
	phone := one.phone(driver)
	phone.await("hello", patience, ofType("hello"))
	if status := other.call("PUT", "/v1/accounts/d1/password", operator, map[string]string{"password": "staple correct battery"}, nil); status != http.StatusNoContent {
		t.Fatal(status)
	}
	phone.gone(soon)
	one.notOpened("/v1/driver/stream", driver, http.StatusUnauthorized)
	select {
	case _, open := <-stays.frames:
		if !open {
			t.Error("somebody else's stream is closed")
		}
	default:
	}
}
