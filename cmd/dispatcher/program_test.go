package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// binary is the real program, built once with the race detector: a race in it
// fails the test that stops it.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cabstand-dispatcher-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "dispatcher")
	if out, err := exec.Command("go", "build", "-race", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// patience is how long anything may take that has no promise of its own.
const patience = 20 * time.Second

// program is an embedded dispatcher on a folder.
type program struct {
	tb      testing.TB
	cmd     *exec.Cmd
	url     string
	folder  string
	log     *bytes.Buffer
	tokens  map[string]string // by role and id
	sockets []*websocket.Conn
}

// mustStart starts the program on a free port, with more flags where given, and
// returns when it serves.
func mustStart(tb testing.TB, folder string, flags ...string) *program {
	tb.Helper()
	p := &program{tb: tb, folder: folder, log: &bytes.Buffer{}, tokens: map[string]string{}}
	p.cmd = exec.Command(binary, append([]string{"embedded", "--listen", "127.0.0.1:0", "--data", folder}, flags...)...)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.url = url
			return p
		}
	}
	tb.Fatalf("the program did not come up: %v\n%s", p.cmd.Wait(), p.log)
	return nil
}

// kill ends the program as a power cut would end it, if it runs.
func (p *program) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it says that it was killed
	}
	if p.tb.Failed() {
		p.tb.Logf("log of the program:\n%s", p.log)
	}
}

// stop ends the program in good order. It would wait for clients who do not
// answer its farewell, as ours do not.
func (p *program) stop() {
	p.tb.Helper()
	for _, conn := range p.sockets {
		_ = conn.CloseNow()
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.tb.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.tb.Errorf("the program ended with %v\n%s", err, p.log)
	}
}

// token is what `dispatcher token` prints.
func (p *program) token(role, sub string) string {
	p.tb.Helper()
	if token, ok := p.tokens[role+" "+sub]; ok {
		return token
	}
	out, err := exec.Command(binary, "token", "--role", role, "--sub", sub, "--ttl", "24h", "--data", p.folder).Output()
	if err != nil {
		p.tb.Fatalf("dispatcher token: %v", err)
	}
	token := strings.TrimSuffix(string(out), "\n")
	p.tokens[role+" "+sub] = token
	return token
}

// call does a request and decodes the answer into a T. A status other than the
// wanted one ends the test.
func call[T any](p *program, role, sub, method, path string, body any, status int, headers ...string) (answer T) {
	p.tb.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		p.tb.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.tb.Context(), method, p.url+path, bytes.NewReader(encoded))
	if err != nil {
		p.tb.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token(role, sub))
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.tb.Fatal(err)
	}
	defer response.Body.Close()
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(response.Body); err != nil {
		p.tb.Fatal(err)
	}
	if response.StatusCode != status {
		p.tb.Fatalf("%s %s as %s: %s, not %d: %s", method, path, role, response.Status, status, &raw)
	}
	if err := json.Unmarshal(raw.Bytes(), &answer); err != nil && raw.Len() > 0 {
		p.tb.Fatalf("%s %s: %v in %s", method, path, err, &raw)
	}
	return answer
}

// socket is a WebSocket of a driver or a rider.
type socket struct {
	tb   testing.TB
	conn *websocket.Conn
}

func (p *program) dial(path, role, sub string) *socket {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.tb.Context(), patience)
	defer cancel()
	url := "ws" + strings.TrimPrefix(p.url, "http") + path + "?access_token=" + p.token(role, sub)
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		p.tb.Fatalf("%s as %s: %v", path, role, err)
	}
	p.tb.Cleanup(func() { _ = conn.CloseNow() })
	p.sockets = append(p.sockets, conn)
	return &socket{p.tb, conn}
}

func (s *socket) send(frame string) {
	s.tb.Helper()
	if err := s.conn.Write(s.tb.Context(), websocket.MessageText, []byte(frame)); err != nil {
		s.tb.Fatalf("send %s: %v", frame, err)
	}
}

// next reads up to the next frame of the given type and decodes it into a T. An
// error frame ends the test.
func next[T any](s *socket, kind string, within time.Duration) (frame T) {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), within)
	defer cancel()
	for {
		_, data, err := s.conn.Read(ctx)
		if err != nil {
			s.tb.Fatalf("no frame %q within %v: %v", kind, within, err)
		}
		var head struct{ Type string }
		if err := json.Unmarshal(data, &head); err != nil {
			s.tb.Fatalf("%s: %v", data, err)
		}
		switch head.Type {
		case "error":
			s.tb.Fatalf("waiting for %q: %s", kind, data)
		case kind:
			if err := json.Unmarshal(data, &frame); err != nil {
				s.tb.Fatalf("%s: %v", data, err)
			}
			return frame
		}
	}
}
