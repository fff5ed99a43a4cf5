package node_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/node"
)

// What makes a tracker of the test's own program, and what its limits are.
const (
	childEnv      = "CABSTAND_TEST_TRACKER"
	childFilesEnv = "CABSTAND_TEST_FILES" // limit of open files
	childHeldEnv  = "CABSTAND_TEST_HELD"  // files that are open already
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(trackerMain())
	}
	os.Exit(m.Run())
}

// trackerServe is the tracker's command line, as cmd/tracker has it.
type trackerServe struct {
	Serve struct{ serveCommand } `cmd:""`
}

type serveCommand struct{ node.TrackerConfig }

func (c *serveCommand) Run(ctx context.Context, std node.Std) error {
	return node.Serve(ctx, std, func() (*node.Node, error) { return node.OpenTracker(ctx, c.TrackerConfig, c.Logger(std.Err)) })
}

func trackerMain() int {
	if files, err := strconv.ParseUint(os.Getenv(childFilesEnv), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: files}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	held, _ := strconv.Atoi(os.Getenv(childHeldEnv))
	for range held {
		if _, err := syscall.Open(os.DevNull, syscall.O_RDONLY, 0); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return node.Main(ctx, "tracker", "", &trackerServe{}, os.Args[1:], node.Std{Out: os.Stdout, Err: os.Stderr})
}

// child is a tracker in a process of its own.
type child struct {
	tb  testing.TB
	cmd *exec.Cmd
	url string
	mu  sync.Mutex
	log bytes.Buffer
}

func (c *child) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(line)
}

func (c *child) logged() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// mustChild starts a tracker in a process of its own, and waits until it serves.
func mustChild(tb testing.TB, env []string, args ...string) *child {
	tb.Helper()
	c := &child{tb: tb, cmd: exec.Command(os.Args[0], append([]string{"serve", "--listen=127.0.0.1:0"}, args...)...)}
	c.cmd.Env = append(append(os.Environ(), childEnv+"=1"), env...)
	c.cmd.Stderr = c
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		c.kill()
		if tb.Failed() {
			tb.Logf("the tracker's log:\n%s", c.logged())
		}
	})
	slow := time.AfterFunc(30*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer slow.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			c.url = url
			return c
		}
	}
	tb.Fatalf("the tracker did not come up:\n%s", c.logged())
	return nil
}

// kill ends the tracker as a power cut would, if it runs.
func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // it says that it was killed
	}
}
