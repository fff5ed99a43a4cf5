package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"

	"github.com/coder/websocket"
)

// bareMode is a server of sockets that does nothing but read: what the library
// and Go take for an idle socket, whoever uses them. It says where it is.
type bareMode struct{}

// Run serves until its input ends.
func (*bareMode) Run(std streams) error {
	if err := allowFiles(0); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", readOn)
	mux.HandleFunc("/metrics", memory)
	server := &http.Server{Handler: mux}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	if err := json.NewEncoder(std.out).Encode("http://" + l.Addr().String()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, std.in)
	server.Close()
	if serving := <-done; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	return err
}

// readOn reads a socket to its end.
func readOn(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // the client has the answer
	}
	defer c.CloseNow()
	for err == nil {
		_, _, err = c.Read(r.Context())
	}
}

// memory tells of this process' memory by the names that trackers use.
func memory(w http.ResponseWriter, _ *http.Request) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, "%s %d\n%s %d\n%s %d\n", heapMetric, m.HeapAlloc, stackMetric, m.StackInuse, routineMetric, runtime.NumGoroutine())
}
