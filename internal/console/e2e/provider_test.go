package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestProvider lets provider.mjs sign a rider in and out at an OpenID provider.
func TestProvider(t *testing.T) {
	look := mustBrowser(t)
	p := newProvider(t)
	address := start(t, mustBuild(t), "--data", t.TempDir(), "--oidc-issuer", p.URL, "--oidc-client-id", clientID)
	p.redirect(address)
	look("provider.mjs", address, "PROVIDER="+p.URL)
}

const clientID = "cabstand-pages"

// provider is an OpenID provider with one account, the rider "oda". It does the
// code flow for public clients as RFC 7636 has it, and nothing else: whatever
// is not as it should be is refused, and told to the test.
type provider struct {
	*httptest.Server
	tb  testing.TB
	key *ecdsa.PrivateKey

	mu    sync.Mutex
	back  string            // where it sends people back to
	codes map[string]string // code: its challenge
	fresh string            // the refresh token that is good
}

func newProvider(tb testing.TB) *provider {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	p := &provider{tb: tb, key: key, codes: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discover)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	p.Server = httptest.NewUnstartedServer(mux)
	p.Start()
	tb.Cleanup(p.Close)
	return p
}

// redirect names the installation whose /ride people come back to.
func (p *provider) redirect(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back = address + "/ride"
}

func (p *provider) discover(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "jwks_uri": p.URL + "/keys", "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
	})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := p.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		p.tb.Error(err)
	}
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": encode(point[1:33]), "y": encode(point[33:]),
	}}})
}

// authorize is the page where people sign in, or do not want to.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": p.back, "scope": "openid", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			p.refuse(w, "authorize: "+name+" is "+q.Get(name))
			return
		}
	}
	if len(q.Get("state")) < 20 || len(q.Get("code_challenge")) != 43 {
		p.refuse(w, "authorize: no state or no challenge")
		return
	}
	code := rand.Text()
	p.codes[code] = q.Get("code_challenge")
	yes := url.Values{"code": {code}, "state": {q.Get("state")}}
	no := url.Values{"error": {"access_denied"}, "error_description": {"You did not sign in."}, "state": {q.Get("state")}}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><title>Provider</title><a id="yes" href="` + p.back + "?" + yes.Encode() + `">I am Oda</a> <a id="no" href="` + p.back + "?" + no.Encode() + `">No</a>`))
}

// token gives tokens for a code, or for a refresh token: each is good once.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.PostFormValue("client_id") != clientID {
		p.refuse(w, "token: client_id is "+r.PostFormValue("client_id"))
		return
	}
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		code, proof := r.PostFormValue("code"), sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		challenge, known := p.codes[code]
		delete(p.codes, code)
		if !known || challenge != encode(proof[:]) || r.PostFormValue("redirect_uri") != p.back {
			p.refuse(w, "token: not the code, its verifier or its address")
			return
		}
	case "refresh_token":
		if r.PostFormValue("refresh_token") != p.fresh {
			p.refuse(w, "token: not the refresh token")
			return
		}
	default:
		p.refuse(w, "token: grant_type is "+r.PostFormValue("grant_type"))
		return
	}
	p.fresh = rand.Text()
	answer(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": "opaque", "expires_in": 300, "refresh_token": p.fresh, "id_token": p.idToken(),
	})
}

func (p *provider) idToken() string {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": p.URL, "aud": clientID, "sub": "oda", "cabstand_role": "rider", "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})
	token.Header["kid"] = "one"
	signed, err := token.SignedString(p.key)
	if err != nil {
		p.tb.Error(err)
	}
	return signed
}

func (p *provider) refuse(w http.ResponseWriter, why string) {
	p.tb.Error(why)
	answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": why})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
