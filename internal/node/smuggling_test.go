package node

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
)

// hidden is a request that a proxy took for the body of another.
const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

// served is what a program saw.
type served struct {
	requests, hidden atomic.Int64
}

// mustGuarded serves what a program does, behind its gate.
func mustGuarded(tb testing.TB) (address string, saw *served) {
	tb.Helper()
	saw = &served{}
	gate := api.NewGate(api.GateOptions{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	return mustHurried(tb, gate.Guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		saw.requests.Add(1)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			tb.Logf("a body ended with %v", err)
		}
		if r.URL.Path == "/hidden" {
			saw.hidden.Add(1)
		}
	}))), saw
}

// exchange sends the bytes and reads on until the server hangs up; the status is
// the first answer's.
func exchange(tb testing.TB, address, bytes string) (status int) {
	tb.Helper()
	conn := mustDial(tb, address)
	if _, err := io.WriteString(conn, bytes); err != nil {
		tb.Fatal(err)
	}
	from := bufio.NewReader(conn)
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		tb.Fatalf("no answer: %v", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, from); errors.Is(err, os.ErrDeadlineExceeded) {
		tb.Error("the connection is kept")
	}
	return response.StatusCode
}

// What a proxy before us may have understood in another way is refused, the
// connection is closed, and what is hidden behind is not taken for a request.
func TestServe_Smuggling(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: x\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"LengthAndChunks":   {post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
		"ChunksAndLength":   {post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 411},
		"Chunks":            {post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
		"ChunksInCapitals":  {post + "TRANSFER-ENCODING: CHUNKED\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 411},
		"ChunksOfAGet":      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
		"ChunksFolded":      {post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 411},
		"ChunksBareLF":      {"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n0\n\n", 411},
		"BadChunk":          {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 411},
		"HugeChunk":         {post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n", 411},
		"ChunkExtension":    {post + "Transfer-Encoding: chunked\r\n\r\n0;a=\"\n\"\r\n\r\n", 411},
		"UpgradeWithChunks": {"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
		"TwoCodings":        {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501},
		"TwiceChunked":      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
		"ListOfCodings":     {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
		"UnknownCoding":     {post + "Transfer-Encoding: xchunked\r\n\r\n", 501},
		"CodingWithTab":     {post + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400},
		"TwoLengths":        {post + "Content-Length: 0\r\nContent-Length: 34\r\n\r\n", 400},
		"ListOfLengths":     {post + "Content-Length: 0, 34\r\n\r\n", 400},
		"SignedLength":      {post + "Content-Length: +0\r\n\r\n", 400},
		"HexLength":         {post + "Content-Length: 0x0\r\n\r\n", 400},
		"NegativeLength":    {post + "Content-Length: -1\r\n\r\n", 400},
		"HugeLength":        {post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		"SpaceBeforeColon":  {post + "Content-Length : 34\r\n\r\n", 400},
		"FirstLineFolded":   {"POST / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
		"NoColon":           {post + "Content-Length\r\n\r\n", 400},
		"NoName":            {post + ": 34\r\n\r\n", 400},
		"TwoHosts":          {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		"NoHost":            {"GET / HTTP/1.1\r\n\r\n", 400},
		"NulInHeader":       {"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n", 400},
		"BareCR":            {"GET / HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 34\r\n\r\n", 400},
		"NotHTTP":           {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			address, saw := mustGuarded(t)
			if status := exchange(t, address, c.request+hidden); status != c.status {
				t.Errorf("%d, want %d", status, c.status)
			}
			if saw.requests.Load() != 0 {
				t.Errorf("%d requests reached the program, %d of them hidden", saw.requests.Load(), saw.hidden.Load())
			}
		})
	}
}

// HTTP/1.0 has no chunks: who sends them anyway is understood by the length, and
// what comes after is nobody's request. Nor is what comes after any other 1.0.
func TestServe_OldHTTPEnds(t *testing.T) {
	const post = "POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n"
	for name, request := range map[string]string{
		"Chunks":          post + "Transfer-Encoding: chunked\r\n\r\n",
		"ChunksAndLength": post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		"Nothing":         post + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			address, saw := mustGuarded(t)
			exchange(t, address, request+hidden)
			if saw.requests.Load() > 1 || saw.hidden.Load() != 0 {
				t.Errorf("%d requests reached the program, %d of them hidden", saw.requests.Load(), saw.hidden.Load())
			}
		})
	}
}

// What is no trick goes through, one request after the other on one connection.
func TestServe_Pipelined(t *testing.T) {
	address, saw := mustGuarded(t)
	const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
	const folded = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 2\r\n\r\n{}" // a space, as RFC 9112 5.2 has it
	if status := exchange(t, address, post+folded+post+hidden); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	if saw.requests.Load() != 4 || saw.hidden.Load() != 1 {
		t.Errorf("%d requests came, %d of them the last: want 4 and 1", saw.requests.Load(), saw.hidden.Load())
	}
}

func TestServe_LargeHeaders(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: x\r\n"
	for name, request := range map[string]string{
		"OneValue": get + "A: " + strings.Repeat("a", 32<<10) + "\r\n\r\n",
		"OneName":  get + strings.Repeat("A", 32<<10) + ": b\r\n\r\n",
		"Many":     get + strings.Repeat("A: b\r\n", 8<<10) + "\r\n",
		"Address":  "GET /" + strings.Repeat("a", 32<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"Token":    get + "Authorization: Bearer " + strings.Repeat("a", 64<<10) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			address, saw := mustGuarded(t)
			conn := mustDial(t, address)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				_, _ = io.WriteString(conn, request) // the server need not read all of it
			}()
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			conn.Close()
			<-sent
			if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge || saw.requests.Load() != 0 {
				t.Errorf("%d, %d requests reached the program", response.StatusCode, saw.requests.Load())
			}
		})
	}
}
