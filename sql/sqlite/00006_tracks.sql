-- +goose Up

-- The way of a trip while it is ridden, in parts as the trackers send them: data
-- is fixes in the packed form of internal/wire. They go once the track is settled.
CREATE TABLE track_parts (
    trip_id  TEXT    NOT NULL REFERENCES trips (id),
    first_at INTEGER NOT NULL, -- of the first fix
    fixes    INTEGER NOT NULL, -- how many
    data     BLOB    NOT NULL,
    PRIMARY KEY (trip_id, first_at)
) STRICT, WITHOUT ROWID;

-- Nothing was written into the table before: a track has times.
DROP TABLE tracks;

CREATE TABLE tracks (
    trip_id    TEXT    NOT NULL PRIMARY KEY REFERENCES trips (id),
    path       TEXT    NOT NULL, -- GeoJSON LineString
    times      TEXT    NOT NULL, -- JSON array: milliseconds of each point since started_at
    started_at INTEGER NOT NULL,
    metres     REAL    NOT NULL, -- before the path was thinned out
    recorded   INTEGER NOT NULL  -- fixes that it was made of
) STRICT;

ALTER TABLE trips ADD COLUMN metres REAL;

-- +goose Down

ALTER TABLE trips DROP COLUMN metres;
DROP TABLE tracks;
DROP TABLE track_parts;
CREATE TABLE tracks (
    trip_id TEXT NOT NULL PRIMARY KEY REFERENCES trips (id),
    path    TEXT NOT NULL -- GeoJSON LineString
) STRICT;
