package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/golang-jwt/jwt/v5"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/trip"
)

// sockets is who may open which: r a rider, d a driver, o an operator.
var sockets = map[string]string{"/v1/stream": "ro", "/v1/driver/stream": "d"}

// sayings is every frame that anybody sends, and who may send it on which socket.
// Where it is not said, nobody may.
var sayings = map[string]struct {
	frame string
	roles map[string]string
}{
	"subscribe": {`{"type":"subscribe","bbox":[-74.1,40.6,-73.8,40.9]}`, map[string]string{"/v1/stream": "o"}},
	"position":  {`{"type":"position","lat":40.75,"lon":-73.98}`, map[string]string{"/v1/driver/stream": "d"}},
	"positions": {fmt.Sprintf(`{"type":"positions","positions":[{"lat":40.75,"lon":-73.98,"t":%d}]}`, time.Now().UnixMilli()), map[string]string{"/v1/driver/stream": "d"}},
	"status":    {`{"type":"status","status":"available"}`, map[string]string{"/v1/driver/stream": "d"}},
	"received":  {`{"type":"received","offer_id":"o1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"accept":    {`{"type":"accept","offer_id":"o1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"decline":   {`{"type":"decline","offer_id":"o1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"arrive":    {`{"type":"arrive","trip_id":"t1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"start":     {`{"type":"start","trip_id":"t1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"complete":  {`{"type":"complete","trip_id":"t1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"cancel":    {`{"type":"cancel","trip_id":"t1"}`, map[string]string{"/v1/driver/stream": "d"}},
	"hello":     {`{"type":"hello"}`, nil}, // what servers say
	"offer":     {`{"type":"offer","offer_id":"o1"}`, nil},
	"trip":      {`{"type":"trip","trip":{}}`, nil},
}

var everyRole = map[string]string{"rider": "x", "driver": "d1", "operator": "x"}

// Every frame of either socket by every role; and the sockets themselves without
// a token, and with some that are not good.
func TestEmbedded_EveryFrameAndRole(t *testing.T) {
	dir := t.TempDir()
	s, _ := mustEmbedded(t, dir)
	profile := map[string]any{"id": "d1", "name": "Dora", "class": "standard", "seats": 4}
	if status := s.call("POST", "/v1/drivers", s.token("operator", "op"), profile, nil); status != http.StatusCreated {
		t.Fatal(status)
	}
	for path, allowed := range sockets {
		for role, sub := range everyRole {
			token := s.token(role, sub)
			if !strings.Contains(allowed, role[:1]) {
				s.notOpened(path, token, http.StatusForbidden)
				continue
			}
			for name, saying := range sayings {
				if want, got := strings.Contains(saying.roles[path], role[:1]), s.heeded(path, token, saying.frame); got != want {
					t.Errorf("%s by a %s on %s is heeded: %v, want %v", name, role, path, got, want)
				}
			}
		}
		keys, err := auth.LoadOrCreateKeys(dir)
		if err != nil {
			t.Fatal(err)
		}
		for name, token := range forgedTokens(t, keys[0]) {
			t.Run(strings.ReplaceAll(path, "/", "_")+name, func(t *testing.T) {
				s := s
				s.tb = t
				s.notOpened(path, token, http.StatusUnauthorized)
			})
		}
	}
}

func (s site) notOpened(path, token string, status int) {
	s.tb.Helper()
	conn, response, err := websocket.Dial(s.tb.Context(), s.drivers+path+"?access_token="+token, nil)
	if err == nil {
		conn.CloseNow()
	}
	if err == nil || response == nil || response.StatusCode != status {
		s.tb.Errorf("%s: %v, %v, want %d", path, response, err, status)
	}
}

// heeded sends a frame and reports whether it is one that is taken from the
// sender: what comes of it is another question. The frame behind it is none, on
// any socket, and each that is not taken is answered by an error that says so.
func (s site) heeded(path, token, frame string) bool {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.drivers+path+"?access_token="+token, nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer conn.CloseNow()
	for _, text := range []string{frame, `{"type":"nonsense"}`} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			s.tb.Fatal(err)
		}
	}
	for refused := 0; ; {
		_, data, err := conn.Read(ctx)
		if err != nil {
			s.tb.Fatalf("%s on %s: %v", frame, path, err)
		}
		var answer struct{ Type, Detail string }
		if err := json.Unmarshal(data, &answer); err != nil {
			s.tb.Fatal(err)
		}
		if answer.Type != "error" || !strings.HasPrefix(answer.Detail, "type: ") {
			continue
		}
		refused++
		if strings.Contains(answer.Detail, "nonsense") || refused == 2 {
			return refused == 1
		}
	}
}

// forgedTokens are tokens for either socket that are not good, by what is wrong
// with them.
func forgedTokens(tb testing.TB, key []byte) map[string]string {
	tb.Helper()
	var err error
	signAs := func(kid any, method jwt.SigningMethod, key any, claim string, value any) string {
		claims := jwt.MapClaims{"sub": "d1", "role": "driver", "aud": auth.Audience, "exp": time.Now().Add(time.Hour).Unix()}
		claims[claim] = value
		token := jwt.NewWithClaims(method, claims)
		if kid != nil {
			token.Header["kid"] = kid
		}
		text, bad := token.SignedString(key)
		err = errors.Join(err, bad)
		return text
	}
	sign := func(method jwt.SigningMethod, key any, claim string, value any) string {
		return signAs(nil, method, key, claim, value)
	}
	foreign := bytes.Repeat([]byte("x"), 32)
	issuer, bad := auth.NewIssuer(key, time.Now)
	good, _ := issuer.Issue(trip.Driver, "d1", time.Hour)
	parsed, _, unreadable := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	trackers, wrong := auth.NewTrackers(time.Now, key)
	tracker, unsigned := trackers.Token()
	if err = errors.Join(bad, unreadable, wrong, unsigned); err != nil {
		tb.Fatal(err)
	}
	forged := map[string]string{
		"NoToken":       "",
		"Nonsense":      "nonsense",
		"Expired":       sign(jwt.SigningMethodHS256, key, "exp", time.Now().Add(-time.Minute).Unix()),
		"OtherAudience": sign(jwt.SigningMethodHS256, key, "aud", "elsewhere"),
		"AlgNone":       sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "sub", "d1"),
		"ForeignKey":    sign(jwt.SigningMethodHS256, foreign, "sub", "d1"),
		"KidOfOurs":     signAs(parsed.Header["kid"], jwt.SigningMethodHS256, foreign, "sub", "d1"),
		"KidUnknown":    signAs("../auth.key", jwt.SigningMethodHS256, foreign, "sub", "d1"),
		"KidNoText":     signAs([]string{"x"}, jwt.SigningMethodHS256, foreign, "sub", "d1"),
		"EmptyKey":      sign(jwt.SigningMethodHS256, []byte{}, "sub", "d1"),
		"Trackers":      tracker,
		"Unsigned":      good[:strings.LastIndex(good, ".")+1],
		"System":        sign(jwt.SigningMethodHS256, key, "role", "system"),
	}
	if err != nil {
		tb.Fatal(err)
	}
	return forged
}
