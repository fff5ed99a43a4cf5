package sqlite

import (
	"context"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/cabstand/cabstand/internal/fault"
)

// faulted gives the errors of SQLite that pass by themselves a code, and so
// those of a caller whose time ran out, who is still there to be told. All others
// stay as they are: of a caller who went away, of a trip's command, of our own
// making.
func faulted(err error) error {
	if errors.Is(err, context.DeadlineExceeded) && fault.CodeOf(err) == fault.Internal {
		return fault.Wrap(err, fault.Unavailable, "the store cannot answer in time")
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the primary code of an extended one
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM:
		return fault.Wrap(err, fault.Unavailable, "the store cannot be used at the moment")
	}
	return err
}
