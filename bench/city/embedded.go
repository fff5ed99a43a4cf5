package main

import (
	"context"
	"errors"
	"os"
	"strings"
)

// embedded is the size of one binary.
type embedded struct {
	launcher launcher
	folder   string
	program  *program
	spent    usage // by processes that were killed
}

func openEmbedded(ctx context.Context, l launcher) (city, error) {
	folder, err := os.MkdirTemp("", "cabstand-bench-")
	if err != nil {
		return nil, err
	}
	e := &embedded{launcher: l, folder: folder}
	if err := e.start(ctx, "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return e, nil
}

func (e *embedded) start(ctx context.Context, listen string) (err error) {
	e.program, err = e.launcher.serve(context.WithoutCancel(ctx), "dispatcher", "embedded", "--listen", listen, "--data", e.folder)
	return err
}

func (e *embedded) access() []string { return []string{"--target", e.program.url, "--data", e.folder} }

// crash restarts it on the same folder and address.
func (e *embedded) crash(ctx context.Context) error {
	if err := e.program.kill(); err != nil {
		return err
	}
	e.spent = e.spent.plus(e.program.usage)
	return e.start(ctx, strings.TrimPrefix(e.program.url, "http://"))
}

func (e *embedded) close() (usage, error) {
	err := e.program.stop()
	return e.spent.plus(e.program.usage), errors.Join(err, os.RemoveAll(e.folder))
}
