package auth_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// signed is a token with exactly these claims.
func signed(header, claims []byte, key ed25519.PrivateKey) string {
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64(header) + "." + b64(claims)
	return text + "." + b64(ed25519.Sign(key, []byte(text)))
}

// texts is a claim that is one text, or a list of them.
func texts(claim any) (all []string) {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// permitted reports whether the claims, well signed, let somebody in, and as whom:
// what docs/configuration.md says, in other words than the code's.
func permitted(claims map[string]any, issuer string) (role string, ok bool) {
	number := func(name string) (float64, bool) { v, ok := claims[name].(float64); return v, ok }
	const leeway = 5
	at := float64(noon.Unix())
	exp, hasExp := number("exp")
	if nbf, has := number("nbf"); has && nbf > at+leeway {
		return "", false
	}
	if azp, has := claims["azp"]; has && azp != "pages" {
		return "", false
	}
	sub, _ := claims["sub"].(string)
	if !hasExp || exp < at-leeway || claims["iss"] != issuer || sub == "" || !slices.Contains(texts(claims["aud"]), "pages") {
		return "", false
	}
	named, direct := claims["realm.roles"]
	if !direct {
		realm, _ := claims["realm"].(map[string]any)
		named = realm["roles"]
	}
	for _, r := range texts(named) {
		if slices.Contains([]string{"rider", "driver", "operator"}, r) {
			return r, true
		}
	}
	return "", false
}

// Whatever claims the provider signs, nobody is let in whom they do not name for
// this installation, now, and in the first role that they list.
func FuzzProvider_Claims(f *testing.F) {
	i := mustIssuer(f, "")
	i.await(f)
	claims := func(changes map[string]any) []byte {
		c := map[string]any{"iss": "ISSUER", "sub": "ada", "aud": "pages", "exp": noon.Add(time.Hour).Unix(), "realm": map[string]any{"roles": []string{"x", "driver", "rider"}}}
		for name, value := range changes {
			c[name] = value
		}
		data, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	for _, changes := range []map[string]any{
		nil, {"aud": []any{"x", "pages"}, "azp": "pages"}, {"azp": []any{"pages"}}, {"aud": nil}, {"aud": []any{1, "pages"}}, {"sub": 7}, {"sub": ""},
		{"sub": "ada@example.com"}, {"realm.roles": "operator"}, {"realm": []any{}}, {"exp": "9999999999"}, {"exp": -1}, {"exp": 1e300}, {"nbf": 1e18}, {"iat": 1e18}, {"iss": nil},
	} {
		f.Add(claims(changes))
	}
	f.Add([]byte(`{"iss":"x","iss":"ISSUER","sub":"a","SUB":"b","aud":"pages","exp":1798761600,"realm.roles":["operator"]}`))
	header := []byte(`{"alg":"EdDSA","kid":"ed"}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		var said map[string]any
		if json.Unmarshal(data, &said) != nil {
			said = nil
		}
		if said["iss"] == "ISSUER" { // the address of the provider is another in each run
			said["iss"] = i.url
			data, _ = json.Marshal(said)
		}
		who, err := i.verify.Verify(context.Background(), signed(header, data, i.ed))
		if err != nil {
			if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v", data, err)
			}
			return
		}
		role, ok := permitted(said, i.url)
		if !ok || string(who.Role) != role || !driver.ValidID(who.Subject) || who.Session != "" || who.Expires.Before(noon.Add(-5*time.Second)) {
			t.Errorf("%s lets in %+v, want %q, %v", data, who, role, ok)
		}
		if sub, _ := said["sub"].(string); driver.ValidID(sub) && who.Subject != sub {
			t.Errorf("%s lets in %q", data, who.Subject)
		}
	})
}

// holds reports whether the set has the public key.
func holds(set []byte, x string) bool {
	var found struct{ Keys []map[string]any }
	if json.Unmarshal(set, &found) != nil {
		return false
	}
	return slices.ContainsFunc(found.Keys, func(k map[string]any) bool { return k["kty"] == "OKP" && k["x"] == x })
}

// Whatever a provider answers instead of its keys, tokens are good by a key that
// is in the answer, and by nothing else: neither a secret in it, nor none.
func FuzzJWKSVerifier_Answer(f *testing.F) {
	seed := []byte("a key of thirty-two bytes, fixed")
	ed := ed25519.NewKeyFromSeed(seed[:ed25519.SeedSize])
	x := base64.RawURLEncoding.EncodeToString(ed.Public().(ed25519.PublicKey))
	secret := base64.RawURLEncoding.EncodeToString(key)
	for _, answer := range []string{
		`{"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"` + x + `"}]}`,
		`{"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","alg":"EdDSA","use":"sig","x":"` + x + `"},{"kty":"oct","kid":"ed","k":"` + secret + `"}]}`,
		`{"keys":[{"kty":"oct","kid":"ed","alg":"HS256","k":"` + secret + `"}]}`,
		`{"keys":[{"kty":"OKP","kid":"ed","crv":"X25519","x":"` + x + `"}]}`,
		`{"keys":[{"kty":"RSA","kid":"ed","n":"AQAB","e":"AQAB"},{"kty":"EC","kid":"ed","crv":"P-256","x":"AA","y":"AA"}]}`,
		`{"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"` + x + `","d":"AA"}]}`, `{"keys":null}`, `[]`, `null`, ``, `{"keys":[{}]}`,
	} {
		f.Add([]byte(answer))
	}
	answer := make(chan []byte, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		said := <-answer
		answer <- said
		_, _ = w.Write(said) // who asked may have gone
	}))
	f.Cleanup(web.Close)
	claims, err := json.Marshal(goodClaims())
	if err != nil {
		f.Fatal(err)
	}
	good := signed([]byte(`{"alg":"EdDSA","kid":"ed"}`), claims, ed)
	f.Fuzz(func(t *testing.T, said []byte) {
		answer <- said
		defer func() { <-answer }()
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		v, err := auth.NewJWKSVerifier(ctx, web.URL, atNoon, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(ctx, good)
		if err == nil && !holds(said, x) {
			t.Errorf("%q: a token is good by no key", said)
		}
		if err != nil && !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.Unavailable) {
			t.Errorf("%q: %v", said, err)
		}
		for name, token := range map[string]string{
			"secret": mustSign(t, jwt.SigningMethodHS256, goodClaims(), key),
			"none":   mustSign(t, jwt.SigningMethodNone, goodClaims(), jwt.UnsafeAllowNoneSignatureType),
			"bare":   good[:len(good)-86],
		} {
			if who, err := v.Verify(ctx, token); err == nil {
				t.Errorf("%q: by %s in comes %+v", said, name, who)
			}
		}
	})
}
