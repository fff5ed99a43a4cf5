package testenv_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cabstand/cabstand/internal/testenv"
	"go.uber.org/goleak"
)

func TestBalancer(t *testing.T) {
	defer goleak.VerifyNone(t)
	first, second := mustBackend(t, "first"), mustBackend(t, "second")
	defer second.Close()
	b, err := testenv.Balance(first.URL, second.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()

	seen := map[string]bool{mustGet(t, b.URL): true, mustGet(t, b.URL): true}
	if !seen["first"] || !seen["second"] {
		t.Errorf("two connections went to %v", seen)
	}
	first.Close()
	for range 2 {
		if got := mustGet(t, b.URL); got != "second" {
			t.Errorf("with the first gone a connection went to %q", got)
		}
	}
}

func mustBackend(tb testing.TB, name string) *httptest.Server {
	tb.Helper()
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) }))
}

// mustGet asks on a connection of its own.
func mustGet(tb testing.TB, url string) string {
	tb.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(body)
}
