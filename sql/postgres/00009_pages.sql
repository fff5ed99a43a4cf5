-- +goose Up

-- What operators did, the newest with the highest seq.
CREATE TABLE audit (
    seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    actor   text NOT NULL, -- the operator
    action  text NOT NULL,
    subject text NOT NULL, -- "trip:…", "driver:…"
    detail  json NOT NULL  -- an object
);

CREATE INDEX audit_of_subject ON audit (subject, seq);

-- The rider's PIN, the wrong ones that were tried within a while, and how the
-- rider rated the ride.
ALTER TABLE trips ADD COLUMN pin text NOT NULL DEFAULT '';
ALTER TABLE trips ADD COLUMN pin_required boolean NOT NULL DEFAULT false;
ALTER TABLE trips ADD COLUMN pin_wrong integer NOT NULL DEFAULT 0;
ALTER TABLE trips ADD COLUMN pin_wrong_since timestamptz;
ALTER TABLE trips ADD COLUMN pin_wrong_last timestamptz;
ALTER TABLE trips ADD COLUMN rating_stars integer;
ALTER TABLE trips ADD COLUMN rating_comment text;
ALTER TABLE trips ADD COLUMN rated_at timestamptz;

CREATE INDEX trips_rated ON trips (driver_id, rating_stars) WHERE rating_stars IS NOT NULL;

-- Riders by the beginning of their ids.
CREATE INDEX trips_by_rider ON trips (rider_id COLLATE "C");

-- The operator who made the offer by hand.
ALTER TABLE offers ADD COLUMN made_by text;

-- Links that show a trip to whoever has them.
CREATE TABLE shares (
    hash       text COLLATE "C" PRIMARY KEY, -- SHA-256 of the token, hexadecimal
    trip_id    text COLLATE "C" NOT NULL REFERENCES trips (id),
    created_at timestamptz NOT NULL
);

CREATE INDEX shares_of_trip ON shares (trip_id);

-- +goose Down

DROP TABLE shares;
ALTER TABLE offers DROP COLUMN made_by;
DROP INDEX trips_by_rider;
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
