package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

const newPassword = "staple correct battery"

// changed is the answer to who wants another password, by an access token.
func (c *city) changed(token, old, password string) answer {
	c.Helper()
	return c.call("POST", "/v1/auth/password", "", fmt.Sprintf(`{"old":%q,"new":%q}`, old, password), "Authorization", "Bearer "+token)
}

// Who changes the password goes on; whoever else is in by the old one is out.
func TestPassword_Change(t *testing.T) {
	c, _ := signInCity(t)
	mine, other := c.mustLogin(), c.mustLogin()
	conn, _, err := websocket.Dial(t.Context(), c.url+"/v1/stream?access_token="+other.Access, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	t.Run("Refused", func(t *testing.T) {
		driver := c.token("driver:ana") // not of the account, whose id it has
		nobody := c.token("rider:nobody")
		for name, a := range map[string]answer{
			"WrongOld": c.changed(mine.Access, "wrong horse battery", newPassword), "OtherRole": c.changed(driver, goodPassword, newPassword),
			"NoAccount": c.changed(nobody, goodPassword, newPassword), "TooShort": c.changed(mine.Access, goodPassword, "elevenchars"),
		} {
			c.checkProblem(a, http.StatusUnprocessableEntity, "invalid")
			field, other := "old", newPassword
			if name == "TooShort" {
				field, other = "new", "elevenchars"
			}
			if !strings.Contains(string(a.body), `"field":"`+field+`"`) || strings.Contains(string(a.body), other) {
				t.Errorf("%s: %s", name, a.body)
			}
		}
		if c.as(other.Access).status != http.StatusOK || c.login("ana", goodPassword, "203.0.113.1").status != http.StatusOK {
			t.Error("what was refused changed something")
		}
	})
	if a := c.changed(mine.Access, goodPassword, newPassword); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	(&socket{c, conn}).closedWith(websocket.StatusPolicyViolation)
	c.checkProblem(c.as(other.Access), http.StatusUnauthorized, "unauthenticated")
	c.checkProblem(c.refresh(other.Refresh), http.StatusUnauthorized, "unauthenticated")
	c.checkProblem(c.login("ana", goodPassword, "203.0.113.1"), http.StatusUnauthorized, "unauthenticated")
	for what, a := range map[string]answer{"access": c.as(mine.Access), "refresh": c.refresh(mine.Refresh), "login": c.login("ana", newPassword, "203.0.113.1")} {
		if a.status != http.StatusOK {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
}

// Who holds a stolen access token does not find the password out with it.
func TestPassword_Tries(t *testing.T) {
	c, _ := signInCity(t)
	stolen := c.mustLogin()
	tries := 0
	for tries < 50 && c.changed(stolen.Access, "wrong horse battery", newPassword).status == http.StatusUnprocessableEntity {
		tries++
	}
	c.checkProblem(c.changed(stolen.Access, goodPassword, newPassword), http.StatusTooManyRequests, "rate_limited")
	if tries < 10 || tries > 12 { // one more each half a minute
		t.Errorf("%d tries were let through", tries)
	}
}

// An operator helps who forgot the password, and shuts out whoever found it.
func TestPassword_Reset(t *testing.T) {
	c, _ := signInCity(t)
	thief := c.mustLogin()
	reset := func(id, password string) answer {
		return c.call("PUT", "/v1/accounts/"+id+"/password", "operator:o1", fmt.Sprintf(`{"password":%q}`, password))
	}
	c.checkProblem(reset("nobody", newPassword), http.StatusNotFound, "not_found")
	c.checkProblem(reset("ana", "elevenchars"), http.StatusUnprocessableEntity, "invalid", "12")
	if a := reset("ana", newPassword); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c.checkProblem(c.as(thief.Access), http.StatusUnauthorized, "unauthenticated")
	c.checkProblem(c.refresh(thief.Refresh), http.StatusUnauthorized, "unauthenticated")
	c.checkProblem(c.login("ana", goodPassword, "203.0.113.1"), http.StatusUnauthorized, "unauthenticated")
	if a := c.login("ana", newPassword, "203.0.113.1"); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	c.expect(http.StatusNoContent, "DELETE", "/v1/accounts/ana", "operator:o1", "")
	c.checkProblem(reset("ana", goodPassword), http.StatusNotFound, "not_found")
	for _, secret := range []string{goodPassword, newPassword} {
		if strings.Contains(c.log.String(), secret) {
			t.Error("a password is logged")
		}
	}
}
