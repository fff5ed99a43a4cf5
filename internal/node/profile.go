package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profile lets `go tool pprof` look into the program, on an address of its own
// that no proxy has, for as long as the node runs. Without an address it does
// nothing.
func (n *Node) profile(address string) error {
	if address == "" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--pprof %s: %w", address, err)
	}
	n.onClose(func() { l.Close() })
	server := &http.Server{Handler: profiles(), ReadHeaderTimeout: 5 * time.Second}
	n.task("pprof", func(ctx context.Context) error {
		defer context.AfterFunc(ctx, func() { server.Close() })()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	n.log.Info("profiles are served", "url", "http://"+l.Addr().String()+"/debug/pprof/")
	return nil
}

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
