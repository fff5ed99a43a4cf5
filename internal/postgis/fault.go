package postgis

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cabstand/cabstand/internal/fault"
)

// States of SQL that are told apart one by one; for the others the class, their
// first two characters, says enough.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014" // by statement_timeout
	readOnlyTransaction  = "25006" // a primary that became a replica
	idleInTransaction    = "25P03"
)

// faulted gives the errors of the database that pass by themselves a code, and
// so those of time that ran out, the store's or the caller's: the caller is
// still there to be told. All others stay as they are: of a caller who went
// away, of a trip's command, of our making.
func faulted(ctx context.Context, err error) error {
	switch {
	case err == nil, givenUp(ctx), fault.CodeOf(err) != fault.Internal:
		return err
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), passing(err), away(err):
		return fault.Wrap(err, fault.Unavailable, "the store cannot be used at the moment")
	case sqlClass(err) == "22":
		// Data exceptions: a zero byte in a text, most likely.
		return fault.Wrap(err, fault.Invalid, "a value cannot be stored")
	}
	return err
}

// givenUp reports whether the caller does not wait any longer.
func givenUp(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// passing reports whether trying again at once may help.
func passing(err error) bool {
	state := sqlState(err)
	return state == serializationFailure || state == deadlockDetected || err != nil && pgconn.SafeToRetry(err)
}

// away reports whether the database is gone, going, full or overloaded.
func away(err error) bool {
	switch sqlState(err) {
	case lockNotAvailable, queryCanceled, readOnlyTransaction, idleInTransaction:
		return true
	}
	switch sqlClass(err) {
	case "08", "53", "57", "58": // connection, resources, operator, system
		return true
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed)
}

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func sqlClass(err error) string {
	state := sqlState(err)
	return state[:min(2, len(state))]
}
