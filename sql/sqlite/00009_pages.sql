-- +goose Up

-- What operators did, the newest with the highest seq. Times are unix microseconds.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL, -- the operator
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL, -- "trip:…", "driver:…"
    detail  TEXT    NOT NULL  -- a JSON object
) STRICT;

CREATE INDEX audit_of_subject ON audit (subject, seq);

-- The rider's PIN, the wrong ones that were tried within a while, and how the
-- rider rated the ride.
ALTER TABLE trips ADD COLUMN pin TEXT NOT NULL DEFAULT '';
ALTER TABLE trips ADD COLUMN pin_required INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trips ADD COLUMN pin_wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trips ADD COLUMN pin_wrong_since INTEGER;
ALTER TABLE trips ADD COLUMN pin_wrong_last INTEGER;
ALTER TABLE trips ADD COLUMN rating_stars INTEGER;
ALTER TABLE trips ADD COLUMN rating_comment TEXT;
ALTER TABLE trips ADD COLUMN rated_at INTEGER;

CREATE INDEX trips_rated ON trips (driver_id, rating_stars) WHERE rating_stars IS NOT NULL;

-- The operator who made the offer by hand.
ALTER TABLE offers ADD COLUMN made_by TEXT;

-- Links that show a trip to whoever has them.
CREATE TABLE shares (
    hash       TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the token, hexadecimal
    trip_id    TEXT    NOT NULL REFERENCES trips (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX shares_of_trip ON shares (trip_id);

-- +goose Down

DROP TABLE shares;
ALTER TABLE offers DROP COLUMN made_by;
DROP INDEX trips_rated;
ALTER TABLE trips DROP COLUMN rated_at;
ALTER TABLE trips DROP COLUMN rating_comment;
ALTER TABLE trips DROP COLUMN rating_stars;
ALTER TABLE trips DROP COLUMN pin_wrong_last;
ALTER TABLE trips DROP COLUMN pin_wrong_since;
ALTER TABLE trips DROP COLUMN pin_wrong;
ALTER TABLE trips DROP COLUMN pin_required;
ALTER TABLE trips DROP COLUMN pin;
DROP TABLE audit;
