package node_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/node"
)

const operatorsPassword = "correct horse battery"

// accountCreate runs `dispatcher account create`.
func accountCreate(t *testing.T, args ...string) (status int, printed string) {
	t.Helper()
	var out bytes.Buffer
	var grammar struct {
		Account node.Account `cmd:""`
	}
	args = append([]string{"account", "create"}, args...)
	status = node.Main(t.Context(), "dispatcher", "", &grammar, args, node.Std{Out: &out, Err: &out})
	return status, out.String()
}

// The first operator is made on the machine, signs in, and signs out.
func TestEmbedded_SignIn(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CABSTAND_PASSWORD", operatorsPassword)
	status, printed := accountCreate(t, "--role=operator", "--id=ops", "--data="+dir)
	if status != 0 || strings.Contains(printed, operatorsPassword) || strings.Contains(printed, "argon2") {
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
