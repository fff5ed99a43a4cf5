// Package sql has the schemas of Cabstand's databases as goose migrations,
// embedded. A migration that was released is never edited; a change is a new
// file. Each change is made in both folders, with the same tables and columns.
package sql

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres is the migrations for PostgreSQL with PostGIS.
func Postgres() fs.FS { return folder("postgres") }

// SQLite is the migrations for SQLite.
func SQLite() fs.FS { return folder("sqlite") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is a constant of this file
	}
	return sub
}
