package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/cabstand/cabstand/internal/fault"
)

// Std is where a program writes: results to Out, logs and errors to Err.
type Std struct{ Out, Err io.Writer }

// Main parses the arguments and the environment into commands (a pointer to a
// kong grammar), runs the chosen one and returns the exit status: 0, 1 when the
// program failed, 2 when it was called wrongly.
func Main(ctx context.Context, name, description string, commands any, args []string, std Std) int {
	exited, status := false, 0
	info, _ := debug.ReadBuildInfo()
	parser, err := kong.New(commands,
		kong.Name(name), kong.Description(description), kong.UsageOnError(), kong.DefaultEnvars("CABSTAND"),
		kong.Embed(&versionFlag{}), kong.Vars{"version": version(name, info)},
		kong.Writers(std.Out, std.Err), kong.Exit(func(code int) { exited, status = true, code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.Err, name+":", err)
		return 1
	}
	command, err := parser.Parse(args)
	switch {
	case exited: // --help, --version
		return status
	case err != nil:
		fmt.Fprintf(std.Err, "%s: %v\n", name, err)
		return 2
	}
	return exitStatus(name, std, command.Run())
}

// Parse reads the arguments into a kong grammar, as Main does.
func Parse(commands any, args []string) error {
	parser, err := kong.New(commands, kong.DefaultEnvars("CABSTAND"), kong.Exit(func(int) {}))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	return err
}

func exitStatus(name string, std Std, err error) int {
	var wrong *ConfigError
	var refused *fault.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintf(std.Err, "%s: %v\n", name, err)
		return 2
	case errors.As(err, &refused) && refused.Code != fault.Internal && refused.Unwrap() == nil: // its code is for programs
		fmt.Fprintf(std.Err, "%s: %s\n", name, refused.Detail)
		return 1
	}
	fmt.Fprintf(std.Err, "%s: %v\n", name, err)
	return 1
}

// Serve opens a node, says where it listens, and runs it until ctx ends.
func Serve(ctx context.Context, std Std, open func() (*Node, error)) error {
	n, err := open()
	if err != nil {
		return err
	}
	defer n.Close()
	n.Listening = func() { n.tell(std.Out) }
	return n.Run(ctx)
}

// tell says where the node listens, and where a visitor of the demo goes.
func (n *Node) tell(out io.Writer) {
	fmt.Fprintln(out, "listening on", n.URL())
	if n.demo {
		fmt.Fprintf(out, "  the live map    %s/\n  for riders      %[1]s/ride\n  for drivers     %[1]s/drive\n", n.URL())
	}
}
