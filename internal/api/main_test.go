package api_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	http.DefaultClient.Transport = transport
	goleak.VerifyTestMain(m, goleak.Cleanup(func(int) { transport.CloseIdleConnections() }))
}

// transport is that of the tests' client, which would keep connections open.
var transport = http.DefaultTransport.(*http.Transport).Clone()
