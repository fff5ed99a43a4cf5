package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/account"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/signin"
)

const goodPassword = "correct horse battery"

// signInCity is a city whose riders sign in by themselves; addresses are those
// that X-Forwarded-For says.
func signInCity(t *testing.T) (*city, *signin.Ended) {
	t.Helper()
	ended := signin.NewEnded()
	c := newCity(t, func(d *api.Deps) {
		proxies := must[[]netip.Prefix](t)(api.ParseProxies([]string{"127.0.0.1", "::1"}))
		d.Gate = api.NewGate(api.GateOptions{Proxies: proxies, Now: d.Now})
	})
	door := signin.NewDoor(c.store, c.issuer.IssueIn, ended, uuid.NewString, c.now, slog.New(slog.NewTextHandler(c.log, nil)))
	c.api.SignIn, c.api.Ended = door, ended
	c.expect(http.StatusCreated, "POST", "/v1/accounts", "operator:o1", fmt.Sprintf(`{"id":"ana","role":"rider","password":%q}`, goodPassword))
	return c, ended
}

type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
	Role      string
}

func (c *city) login(id, password, from string) answer {
	c.Helper()
	body, err := json.Marshal(map[string]string{"id": id, "password": password})
	if err != nil {
		c.Fatal(err)
	}
	return c.call("POST", "/v1/auth/login", "", string(body), "X-Forwarded-For", from)
}

func (c *city) mustLogin() (t tokens) {
	c.Helper()
	a := c.login("ana", goodPassword, "203.0.113.1")
	if a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" {
		c.Fatalf("%d %s", a.status, a.body)
	}
	a.into(c, &t)
	return t
}

func (c *city) refresh(token string) answer {
	return c.call("POST", "/v1/auth/refresh", "", fmt.Sprintf(`{"refresh_token":%q}`, token))
}

// as calls with an access token.
func (c *city) as(token string) answer {
	return c.call("GET", "/v1/trips", "", "", "Authorization", "Bearer "+token)
}

func TestSignIn(t *testing.T) {
	c, _ := signInCity(t)
	first := c.mustLogin()
	if first.Role != "rider" || first.ExpiresIn != 900 || c.as(first.Access).status != http.StatusOK {
		t.Fatalf("%+v", first)
	}
	var second tokens
	c.refresh(first.Refresh).into(t, &second)
	if second.Access == "" || second.Refresh == first.Refresh || c.as(second.Access).status != http.StatusOK {
		t.Errorf("%+v", second)
	}
	t.Run("AccessTokensAreBrief", func(t *testing.T) {
		c.ahead.Store(int64(signin.AccessTTL + 10*time.Second))
		defer c.ahead.Store(0)
		c.checkProblem(c.as(second.Access), http.StatusUnauthorized, "unauthenticated")
		var third tokens
		a := c.refresh(second.Refresh)
		a.into(t, &third)
		if a.status != http.StatusOK || c.as(third.Access).status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
		second.Refresh = third.Refresh
	})
	t.Run("NobodyElse", func(t *testing.T) {
		for _, token := range []string{"x", strings.ToLower(second.Refresh), second.Refresh + "x"} {
			c.checkProblem(c.refresh(token), http.StatusUnauthorized, "unauthenticated")
		}
		c.checkProblem(c.as(second.Refresh), http.StatusUnauthorized, "unauthenticated")
	})
	t.Run("NothingSecretIsStoredOrLogged", func(t *testing.T) {
		a := must[account.Account](t)(c.store.Account(t.Context(), "ana"))
		if strings.Contains(a.Password, goodPassword) || !strings.HasPrefix(a.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("stored as %s", a.Password)
		}
		for _, secret := range []string{goodPassword, first.Refresh, second.Refresh, first.Access} {
			if strings.Contains(c.log.String(), secret) {
				t.Errorf("the log has %s", secret)
			}
		}
	})
}

// Whoever is not let in learns nothing from the answer.
func TestSignIn_NotLetIn(t *testing.T) {
	c, _ := signInCity(t)
	c.expect(http.StatusCreated, "POST", "/v1/accounts", "operator:o1", fmt.Sprintf(`{"id":"bob","role":"rider","password":%q}`, goodPassword))
	c.expect(http.StatusNoContent, "DELETE", "/v1/accounts/bob", "operator:o1", "")
	answers := map[string]bool{}
	for _, who := range [][2]string{{"ana", "wrong horse battery"}, {"nobody", goodPassword}, {"bob", goodPassword}, {"bob", "wrong"}} {
		a := c.login(who[0], who[1], "203.0.113.1")
		c.checkProblem(a, http.StatusUnauthorized, "unauthenticated")
		answers[string(withoutID(a))] = true
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/accounts", "operator:o1", `{"id":"eve","role":"rider","password":"elevenchars"}`, "12")
	c.refused(http.StatusConflict, "already_exists", "POST", "/v1/accounts", "operator:o1", fmt.Sprintf(`{"id":"bob","role":"operator","password":%q}`, goodPassword))
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/v1/accounts", "operator:o1", fmt.Sprintf(`{"id":"x","role":"system","password":%q}`, goodPassword))
}

// A refresh whose answer was lost is asked for again, and signs nobody out.
func TestSignIn_LostAnswer(t *testing.T) {
	c, _ := signInCity(t)
	first := c.mustLogin()
	var lost, second tokens
	c.refresh(first.Refresh).into(t, &lost)
	a := c.refresh(first.Refresh)
	a.into(t, &second)
	if a.status != http.StatusOK || c.as(second.Access).status != http.StatusOK || c.refresh(second.Refresh).status != http.StatusOK {
		t.Errorf("asked again: %d %s", a.status, a.body)
	}
	c.checkProblem(c.refresh(lost.Refresh), http.StatusUnauthorized, "unauthenticated")
}

// A refresh token that comes again when the next one is in use was stolen by
// somebody: nobody goes on with that session, by its access tokens neither. Other
// sessions do.
func TestSignIn_StolenRefreshToken(t *testing.T) {
	c, _ := signInCity(t)
	stolen, other := c.mustLogin(), c.mustLogin()
	var owner tokens
	c.refresh(stolen.Refresh).into(t, &owner)
	c.refresh(owner.Refresh).into(t, &owner)
	c.checkProblem(c.refresh(stolen.Refresh), http.StatusUnauthorized, "unauthenticated")
	c.checkProblem(c.refresh(owner.Refresh), http.StatusUnauthorized, "unauthenticated")
	for _, token := range []string{stolen.Access, owner.Access} {
		c.checkProblem(c.as(token), http.StatusUnauthorized, "unauthenticated")
	}
	if c.as(other.Access).status != http.StatusOK || c.refresh(other.Refresh).status != http.StatusOK {
		t.Error("the other session ended too")
	}
}

// Who signs out, or is disabled, is out: by tokens, and by sockets that are open.
func TestSignIn_End(t *testing.T) {
	for name, end := range map[string]func(c *city, mine tokens){
		"Logout": func(c *city, mine tokens) {
			c.expect(http.StatusNoContent, "POST", "/v1/auth/logout", "", fmt.Sprintf(`{"refresh_token":%q}`, mine.Refresh))
			c.expect(http.StatusNoContent, "POST", "/v1/auth/logout", "", `{"refresh_token":"unknown"}`)
		},
		"Disabled": func(c *city, _ tokens) {
			c.expect(http.StatusNoContent, "DELETE", "/v1/accounts/ana", "operator:o1", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := signInCity(t)
			mine := c.mustLogin()
			conn, _, err := websocket.Dial(t.Context(), c.url+"/v1/stream?access_token="+mine.Access, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			end(c, mine)
			(&socket{c, conn}).closedWith(websocket.StatusPolicyViolation)
			c.checkProblem(c.as(mine.Access), http.StatusUnauthorized, "unauthenticated")
			c.checkProblem(c.refresh(mine.Refresh), http.StatusUnauthorized, "unauthenticated")
		})
	}
}

// Passwords are not tried out: not at one account from one address, not at one
// account from many. Its owner, elsewhere, still gets in.
func TestSignIn_Tries(t *testing.T) {
	c, _ := signInCity(t)
	tried := func(id, from string) int {
		a := c.login(id, "wrong horse battery", from)
		if a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return a.status
	}
	for i := range 10 {
		if status := tried("ana", "203.0.113.66"); status != http.StatusUnauthorized {
			t.Fatalf("try %d: %d", i, status)
		}
	}
	if status := tried("ana", "203.0.113.66"); status != http.StatusTooManyRequests {
		t.Errorf("an eleventh: %d", status)
	}
	if status := tried("ana", "127.0.0.1, 203.0.113.66"); status != http.StatusTooManyRequests {
		t.Errorf("with an invented address: %d", status)
	}
	if a := c.login("ana", goodPassword, "203.0.113.1"); a.status != http.StatusOK {
		t.Errorf("the owner elsewhere: %d %s", a.status, a.body)
	}
}

// A secret that is refused for its form is not repeated: problems end up in logs.
func TestSignIn_SecretsAreNotRepeated(t *testing.T) {
	c, _ := signInCity(t)
	secret := strings.Repeat("hunter2", 50)
	for _, a := range []answer{
		c.login("ana", secret, "203.0.113.1"), c.refresh(secret),
		c.call("POST", "/v1/accounts", "operator:o1", fmt.Sprintf(`{"id":"eve","role":"rider","password":%q}`, secret)),
		c.call("GET", "/v1/trips?access_token="+secret, "rider:r1", ""),
	} {
		if a.status != http.StatusUnprocessableEntity || strings.Contains(string(a.body), "hunter2") {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
}

func TestSignIn_ElsewhereOnly(t *testing.T) {
	c := newCity(t, nil)
	c.refused(http.StatusNotFound, "not_found", "POST", "/v1/auth/login", "", `{"id":"ana","password":"x"}`, "elsewhere")
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/accounts", "operator:o1", "", "elsewhere")
}

func TestTrackerRoutes_SessionEnds(t *testing.T) {
	ended := signin.NewEnded()
	w := newTrackerWorld(t, api.TrackerOptions{Ended: ended})
	mine, other := w.dial(t, "d1"), w.dial(t, "d2")
	ended.Add(time.Now(), "of-d1")
	for {
		if _, _, err := mine.Read(t.Context()); err != nil {
			if websocket.CloseStatus(err) != websocket.StatusGoingAway {
				t.Errorf("closed with %v", err)
			}
			break
		}
	}
	if _, res, err := websocket.Dial(t.Context(), w.server.URL+trackerPath+"?access_token=driver:d1", nil); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("again: %v, %v", res, err)
	}
	if err := other.Ping(other.CloseRead(t.Context())); err != nil {
		t.Errorf("the other driver: %v", err)
	}
}
