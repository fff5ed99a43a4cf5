package testenv

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// leash runs a server as its child and holds it until the starter writes the
// name of a signal to end it with. A starter that died writes nothing: then the
// server is killed and its folder removed. File descriptor 3 stays open in the
// server alone, so that the starter sees when it is gone.
const leash = `dir=$1 death=$2; shift 2
"$@" </dev/null >>"$dir/server.log" 2>&1 &
exec 3>&-
if read -r how; then
	kill -s "$how" $! 2>/dev/null; wait
else
	kill -s "$death" $! 2>/dev/null; wait; cd / && rm -rf "$dir"
fi`

// process is a running server program on its leash.
type process struct {
	name  string
	cmd   *exec.Cmd
	hold  *os.File // write end: the name of a signal, or the end of us
	alive *os.File // read end: at its end once the server is gone
	death string   // the signal that ends the server at once
	dir   string
}

// startProcess runs args with dir as the working folder.
func startProcess(dir, death string, args []string) (*process, error) {
	hold, holdWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer hold.Close()
	aliveRead, alive, err := os.Pipe()
	if err != nil {
		holdWrite.Close()
		return nil, err
	}
	defer alive.Close()

	cmd := exec.Command("sh", append([]string{"-c", leash, "sh", dir, death}, args...)...)
	cmd.Dir, cmd.Stdin, cmd.ExtraFiles = dir, hold, []*os.File{alive}
	cmd.SysProcAttr = unprivileged()
	p := &process{name: filepath.Base(args[0]), cmd: cmd, hold: holdWrite, alive: aliveRead, death: death, dir: dir}
	if err := cmd.Start(); err != nil {
		p.hold.Close()
		p.alive.Close()
		return nil, err
	}
	return p, nil
}

// end signals the server and waits until it is gone.
func (p *process) end(signal string) error {
	_, err := fmt.Fprintln(p.hold, signal)
	return errors.Join(err, p.hold.Close(), p.cmd.Wait(), p.alive.Close())
}

func (p *process) stop() error { return p.end("INT") }
func (p *process) kill() error { return p.end(p.death) }

// awaitReady asks ready until it succeeds. The error has the server's last
// words when it exits before that, or takes longer than startLimit.
func (p *process) awaitReady(ready func() error) error {
	deadline := time.Now().Add(startLimit)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		if p.gone(20*time.Millisecond) || time.Now().After(deadline) {
			return fmt.Errorf("%s does not come up: %w\n%s", p.name, err, p.lastWords())
		}
	}
}

// startLimit is generous: many test binaries start servers at the same time on
// machines with few cores.
const startLimit = 60 * time.Second

// gone waits for the server to exit, for the given time at most.
func (p *process) gone(wait time.Duration) bool {
	_ = p.alive.SetReadDeadline(time.Now().Add(wait))
	_, err := p.alive.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func (p *process) lastWords() string {
	log, _ := os.ReadFile(filepath.Join(p.dir, "server.log"))
	return string(log[max(0, len(log)-2000):])
}

// unprivileged drops the rights of root, whom PostgreSQL refuses to serve, and
// keeps a Ctrl-C at the terminal from reaching the server before the tests.
func unprivileged() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, ok := servant(); ok {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return attr
}

// servant is the user that servers run as when we are root.
func servant() (uid, gid uint32, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err1 := strconv.ParseUint(u.Uid, 10, 32)
		group, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return uint32(id), uint32(group), true
		}
	}
	return 65534, 65534, true
}

// newFolder is a temporary folder that the server may write to.
func newFolder(name string) (string, error) {
	dir, err := os.MkdirTemp("", "cabstand-"+name+"-")
	if err != nil {
		return "", err
	}
	if uid, gid, ok := servant(); ok {
		err = os.Chown(dir, int(uid), int(gid))
	}
	return dir, err
}

// freePort is a TCP port that nobody listens on at the moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// program finds a server's program in PATH or in one of the given folders.
func program(name, install string, folders ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range folders {
		found, _ := filepath.Glob(filepath.Join(pattern, name))
		if len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s is not installed: run `make deps` (%s)", name, install)
}
