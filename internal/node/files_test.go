//go:build unix

package node_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/testenv"
)

// TestTracker_OutOfFiles floods a tracker that may have 64 files open, and has
// half of them open already: it cannot accept what comes, says so in its figures,
// and goes on when the flood is over.
func TestTracker_OutOfFiles(t *testing.T) {
	c := mustChild(t, []string{childFilesEnv + "=64", childHeldEnv + "=28"},
		"--auth-key="+sharedKey, "--redis-url="+testenv.Redis(t), "--nats-url="+testenv.NATS(t))
	address := strings.TrimPrefix(c.url, "http://")
	var flood []net.Conn
	for range 200 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err) // the kernel accepts on its behalf
		}
		t.Cleanup(func() { conn.Close() })
		flood = append(flood, conn)
	}
	// Those who got in are held; there is no file left for the next.
	served := get(t, flood[0], "/healthz")
	if !strings.Contains(served, " 200 ") {
		t.Fatalf("the first connection: %q", served)
	}
	for _, conn := range flood {
		conn.Close()
	}
	var figures string
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("the tracker does not serve after the flood:\n%s", figures)
		}
		var ready int
		if ready, _ = fetch(c.url + "/readyz"); ready == http.StatusOK {
			if _, figures = fetch(c.url + "/metrics"); counted(figures, "cabstand_accept_errors_total") > 0 {
				break
			}
		}
	}
	if n := strings.Count(c.logged(), "connections cannot be accepted"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}

func get(tb testing.TB, conn net.Conn, path string) (status string) {
	tb.Helper()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		tb.Fatal(err)
	}
	status, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	return status
}

func fetch(url string) (status int, body string) {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	data, _ := io.ReadAll(response.Body) // what was cut off counts as not there
	return response.StatusCode, string(data)
}

// counted is a figure without labels.
func counted(figures, name string) (n float64) {
	for line := range strings.Lines(figures) {
		if strings.HasPrefix(line, name+" ") {
			_, _ = fmt.Sscan(line[len(name):], &n)
		}
	}
	return n
}
