package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/testenv"
)

// Every reply is taken whole, so that the next is read from its begin.
func TestSkipReply(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("*2\r\n*3\r\n$2\r\nd1\r\n$3\r\n1.5\r\n*-1\r\n$-1\r\n:7\r\n+OK\r\n-ERR no\r\n"))
	for i, refused := range []bool{false, false, false, true} {
		if err := skipReply(r); (err != nil) != refused {
			t.Errorf("reply %d: %v", i, err)
		}
	}
	if err := skipReply(r); err != io.EOF {
		t.Errorf("something is left, or %v", err)
	}
}

func TestCopyAnswer(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncde\r\n0\r\n\r\n" +
		"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nslow"))
	var got bytes.Buffer
	for range 2 {
		if err := copyAnswer(r, &got); err != nil {
			t.Fatal(err)
		}
	}
	if got.String() != "abcde" {
		t.Errorf("got %q", &got)
	}
	if err := skipAnswer(r); err == nil || !strings.Contains(err.Error(), "slow") {
		t.Errorf("got %v, want the refusal", err)
	}
}

// Exactly what was asked is counted as answered.
func TestAsked_Run(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		fmt.Fprint(w, strings.Repeat("x", 5000))
	}))
	defer server.Close()
	a := asked{name: "test", pid: os.Getpid(), address: strings.TrimPrefix(server.URL, "http://"), connections: 2, depth: 3, skip: skipAnswer,
		questions: [][]byte{[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}}
	got, err := a.run(context.Background(), 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if got.n < 1 || int64(got.n) != served.Load() {
		t.Errorf("%d answers counted, %d given", got.n, served.Load())
	}
}

func clientOf(t *testing.T, url string) *redis.Client {
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { c.Close() })
	return c
}

// Redis has the peer's cars where the prepared commands put them.
func TestGeoadd(t *testing.T) {
	server, err := testenv.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const cars = 120 // not a multiple of a pipeline's commands
	g, err := newGeoadd(server.URL, cars, 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.run(t.Context(), 20*time.Millisecond)
	if err != nil || n == 0 || n%pipeline != 0 {
		t.Fatalf("%d positions, %v", n, err)
	}
	client := clientOf(t, server.URL)
	if members := client.ZCard(t.Context(), peerKey).Val(); members != cars {
		t.Errorf("%d cars, want %d", members, cars)
	}
	at, err := client.GeoPos(t.Context(), peerKey, driverID(7)).Result()
	if err != nil || !bounds().Contains(geo.Point{Lat: at[0].Latitude, Lon: at[0].Longitude}) {
		t.Errorf("a car is at %v, %v", at, err)
	}
}
