//go:build !unix

package node

// lockFolder does nothing where there is no flock: SQLite's own lock has to do.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }
