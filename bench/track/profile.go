package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profile writes where the tracker's time goes at the rate, for go tool pprof.
func (p *path) profile(ctx context.Context, k kind) error {
	file := filepath.Join(p.config.Profiles, fmt.Sprintf("tracker-batches-of-%d.pprof", k.batch))
	done := make(chan error, 1)
	go func() { done <- p.fetch(ctx, file) }()
	t, err := p.try(ctx, 0.8*k.saturated, k.batch, p.config.Ages, false)
	if err := first(err, <-done); err != nil {
		return err
	}
	say("profile in %s: %v", file, t)
	return nil
}

// fetch has the tracker profile itself while it is measured.
func (p *path) fetch(ctx context.Context, file string) error {
	if err := sleepUntil(ctx, time.Now().Add(p.config.Warm)); err != nil {
		return err
	}
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.profiles, max(1, int(p.config.Ages.Seconds())))
	answer, err := http.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	data, err := io.ReadAll(answer.Body)
	return errors.Join(err, os.WriteFile(file, data, 0o644))
}

// freeAddress is one of this machine that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
