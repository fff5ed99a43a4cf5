-- +goose Up

-- Times are unix microseconds in UTC; NULL is none.

CREATE TABLE drivers (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    class      TEXT    NOT NULL,
    seats      INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE trips (
    id            TEXT    NOT NULL PRIMARY KEY,
    rider_id      TEXT    NOT NULL,
    class         TEXT    NOT NULL,
    seats         INTEGER NOT NULL,
    pickup_lat    REAL    NOT NULL,
    pickup_lon    REAL    NOT NULL,
    dropoff_lat   REAL    NOT NULL,
    dropoff_lon   REAL    NOT NULL,
    pickup_cell   TEXT    NOT NULL, -- geohash of length 4
    dropoff_cell  TEXT    NOT NULL,
    fare_amount   INTEGER NOT NULL, -- minor units
    fare_currency TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding', 'completed', 'cancelled', 'expired')),
    version       INTEGER NOT NULL CHECK (version >= 1),
    epoch         INTEGER NOT NULL CHECK (epoch >= 1),
    driver_id     TEXT,             -- from assigned on
    slot          INTEGER NOT NULL,
    excluded      TEXT    NOT NULL, -- JSON array of drivers who are not offered it again
    offer_id      TEXT,             -- the newest offer
    requested_at  INTEGER NOT NULL,
    scheduled_for INTEGER,
    search_until  INTEGER,
    assigned_at   INTEGER,
    arrived_at    INTEGER,
    riding_at     INTEGER,
    completed_at  INTEGER,
    cancelled_at  INTEGER,
    expired_at    INTEGER,
    cancelled_by  TEXT,
    reason        TEXT NOT NULL
) STRICT;

CREATE INDEX trips_newest ON trips (requested_at DESC, id DESC);
CREATE INDEX trips_of_rider ON trips (rider_id, requested_at DESC, id DESC);
CREATE INDEX trips_of_driver ON trips (driver_id, requested_at DESC, id DESC) WHERE driver_id IS NOT NULL;
CREATE INDEX trips_in_state ON trips (state, requested_at DESC, id DESC);
CREATE INDEX trips_unfinished ON trips (id) WHERE state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding');

-- A claim is what makes a double dispatch impossible: one trip for a driver and
-- slot, one claim for a trip. Slot 0 is the driver's current trip, 1 the next.
CREATE TABLE claims (
    driver_id TEXT    NOT NULL,
    slot      INTEGER NOT NULL CHECK (slot IN (0, 1)),
    trip_id   TEXT    NOT NULL UNIQUE REFERENCES trips (id),
    PRIMARY KEY (driver_id, slot)
) STRICT;

CREATE TABLE offers (
    seq         INTEGER PRIMARY KEY, -- order of a trip's offers
    id          TEXT    NOT NULL UNIQUE,
    trip_id     TEXT    NOT NULL REFERENCES trips (id),
    driver_id   TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    slot        INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'expired', 'revoked')),
    reason      TEXT    NOT NULL,
    pickup_ns   INTEGER NOT NULL, -- estimated time to the pickup
    created_at  INTEGER NOT NULL,
    received_at INTEGER,
    expires_at  INTEGER NOT NULL,
    closed_at   INTEGER
) STRICT;

CREATE INDEX offers_of_trip ON offers (trip_id, seq);
CREATE UNIQUE INDEX offers_pending ON offers (trip_id) WHERE state = 'pending';

-- data is the event as CloudEvents JSON, byte for byte as it goes to the bus.
CREATE TABLE trip_events (
    trip_id TEXT    NOT NULL REFERENCES trips (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    at      INTEGER NOT NULL,
    data    TEXT    NOT NULL,
    PRIMARY KEY (trip_id, version)
) STRICT, WITHOUT ROWID;

-- Events that the bus has not acknowledged yet. AUTOINCREMENT: a seq that was
-- deleted is never given to another event, or a late acknowledgement would
-- delete one that was not published.
CREATE TABLE outbox (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    trip_id TEXT    NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
    actor      TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    status     INTEGER NOT NULL,
    answer     BLOB    NOT NULL,
    trip_id    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT;

CREATE TABLE zones (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    area TEXT NOT NULL -- GeoJSON MultiPolygon
) STRICT;

-- The way that was driven, once the trip is completed.
CREATE TABLE tracks (
    trip_id TEXT NOT NULL PRIMARY KEY REFERENCES trips (id),
    path    TEXT NOT NULL -- GeoJSON LineString
) STRICT;

-- +goose Down

DROP TABLE tracks;
DROP TABLE zones;
DROP TABLE idempotency_keys;
DROP TABLE outbox;
DROP TABLE trip_events;
DROP TABLE offers;
DROP TABLE claims;
DROP TABLE trips;
DROP TABLE drivers;
