-- +goose Up

-- The way of a trip while it is ridden, in parts as the trackers send them: data
-- is fixes in the packed form of internal/wire. They go once the track is settled.
CREATE TABLE track_parts (
    trip_id  text COLLATE "C" NOT NULL REFERENCES trips (id),
    first_at timestamptz NOT NULL, -- of the first fix
    fixes    integer     NOT NULL, -- how many
    data     bytea       NOT NULL,
    PRIMARY KEY (trip_id, first_at)
);

-- Nothing was written into the table before: a track has times.
DROP TABLE tracks;

-- M of each point is the seconds since started_at.
CREATE TABLE tracks (
    trip_id    text COLLATE "C" PRIMARY KEY REFERENCES trips (id),
    path       geography(LineStringM, 4326) NOT NULL,
    started_at timestamptz      NOT NULL,
    metres     double precision NOT NULL, -- before the path was thinned out
    recorded   integer          NOT NULL  -- fixes that it was made of
);

ALTER TABLE trips ADD COLUMN metres double precision;

-- +goose Down

ALTER TABLE trips DROP COLUMN metres;
DROP TABLE tracks;
DROP TABLE track_parts;
CREATE TABLE tracks (
    trip_id text PRIMARY KEY REFERENCES trips (id),
    path    geography(LineString, 4326) NOT NULL
);
