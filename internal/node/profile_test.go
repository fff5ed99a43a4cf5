package node

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"testing"
)

// Profiles come by an address of their own, and end with the node.
func TestNode_Profile(t *testing.T) {
	var log bytes.Buffer
	n := &Node{log: slog.New(slog.NewTextHandler(&log, nil))}
	defer n.Close()
	if err := n.profile("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://\S+/`).FindString(log.String())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.tasks[0].run(ctx) }()
	answer, err := http.Get(url + "heap")
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("heap profile: %s, %v", answer.Status, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestNode_NoProfile(t *testing.T) {
	n := &Node{log: slog.New(slog.DiscardHandler)}
	if err := n.profile(""); err != nil || len(n.tasks)+len(n.closers) > 0 {
		t.Errorf("%v, %d tasks; want nothing", err, len(n.tasks))
	}
}
