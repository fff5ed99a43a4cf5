package node_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get is an answer of the site, read to its end.
func (s site) get(path string, headers ...string) (*http.Response, string) {
	s.tb.Helper()
	req, err := http.NewRequestWithContext(s.tb.Context(), http.MethodGet, s.riders+path, nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return res, string(body)
}

// What is configured for the pages is what they are told, and what their policy
// lets in: those hosts and no other.
func TestEmbedded_Pages(t *testing.T) {
	type about struct {
		SignIn  []string `json:"sign_in"`
		Places  bool
		OIDC    struct{ Issuer, ClientID string }
		BaseMap struct{ Kind, URL, Attribution string }
	}
	t.Run("Tiles", func(t *testing.T) {
		tiles := "https://tiles.example:8443/v4/{z}/{x}/{y}.png?key=k"
		s, _ := mustEmbedded(t, t.TempDir(), "--map-tiles="+tiles, "--map-credit=© Somebody", "--places-url=http://127.0.0.1:1",
			"--oidc-issuer=http://127.0.0.1:1/realms/cabs", "--oidc-client-id=pages")
		var got about
		if status := s.call("GET", "/v1/site", "", nil, &got); status != http.StatusOK {
			t.Fatalf("site: %d", status)
		}
		if m := got.BaseMap; m.Kind != "raster" || m.URL != tiles || m.Attribution != "© Somebody" || !got.Places || strings.Join(got.SignIn, " ") != "password oidc" {
			t.Errorf("got %+v", got)
		}
		page, _ := s.get("/")
		policy := page.Header.Get("Content-Security-Policy")
		for _, want := range []string{"img-src 'self' https://tiles.example:8443 data:;", "connect-src 'self' https://tiles.example:8443 http://127.0.0.1:1;"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%q is not in %s", want, policy)
			}
		}
		// Its own tokens are good beside the provider's.
		if status := s.call("GET", "/v1/drivers", s.token("operator", "o1"), nil, nil); status != http.StatusOK {
			t.Errorf("an operator's own token: %d", status)
		}
		if status := s.call("GET", "/v1/places?q=park", s.token("rider", "r1"), nil, nil); status != http.StatusServiceUnavailable {
			t.Errorf("places of a server that is not there: %d", status)
		}
	})
	t.Run("File", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "city.pmtiles")
		if err := os.WriteFile(file, []byte("PMTiles\x03and its tiles"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ := mustEmbedded(t, t.TempDir(), "--map-pmtiles="+file)
		var got about
		if status := s.call("GET", "/v1/site", "", nil, &got); status != http.StatusOK || got.BaseMap.Kind != "pmtiles" || got.Places || strings.Join(got.SignIn, " ") != "password" {
			t.Errorf("%d, %+v", status, got)
		}
		if res, part := s.get(got.BaseMap.URL, "Range", "bytes=8-10"); res.StatusCode != http.StatusPartialContent || part != "and" {
			t.Errorf("%d %q", res.StatusCode, part)
		}
	})
}
