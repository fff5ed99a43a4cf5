-- +goose Up

CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE drivers (
    id         text COLLATE "C" PRIMARY KEY,
    name       text        NOT NULL,
    class      text        NOT NULL,
    seats      integer     NOT NULL,
    created_at timestamptz NOT NULL
);

-- Ids are ordered byte by byte, as Go orders them: pages go by id.
CREATE TABLE trips (
    id            text COLLATE "C" PRIMARY KEY,
    rider_id      text    NOT NULL,
    class         text    NOT NULL,
    seats         integer NOT NULL,
    pickup        geography(Point, 4326) NOT NULL,
    dropoff       geography(Point, 4326) NOT NULL,
    pickup_cell   text    NOT NULL, -- geohash of length 4
    dropoff_cell  text    NOT NULL,
    fare_amount   bigint  NOT NULL, -- minor units
    fare_currency text    NOT NULL,
    state         text    NOT NULL CHECK (state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding', 'completed', 'cancelled', 'expired')),
    version       bigint  NOT NULL CHECK (version >= 1),
    epoch         bigint  NOT NULL CHECK (epoch >= 1),
    driver_id     text,             -- from assigned on
    slot          integer NOT NULL,
    excluded      text[]  NOT NULL, -- drivers who are not offered it again
    offer_id      text,             -- the newest offer
    requested_at  timestamptz NOT NULL,
    scheduled_for timestamptz,
    search_until  timestamptz,
    assigned_at   timestamptz,
    arrived_at    timestamptz,
    riding_at     timestamptz,
    completed_at  timestamptz,
    cancelled_at  timestamptz,
    expired_at    timestamptz,
    cancelled_by  text,
    reason        text NOT NULL
);

CREATE INDEX trips_pickup ON trips USING gist (pickup);
CREATE INDEX trips_dropoff ON trips USING gist (dropoff);
CREATE INDEX trips_newest ON trips (requested_at DESC, id DESC);
CREATE INDEX trips_of_rider ON trips (rider_id, requested_at DESC, id DESC);
CREATE INDEX trips_of_driver ON trips (driver_id, requested_at DESC, id DESC) WHERE driver_id IS NOT NULL;
CREATE INDEX trips_in_state ON trips (state, requested_at DESC, id DESC);
CREATE INDEX trips_unfinished ON trips (id) WHERE state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding');

-- A claim is what makes a double dispatch impossible: one trip for a driver and
-- slot, one claim for a trip. Slot 0 is the driver's current trip, 1 the next.
CREATE TABLE claims (
    driver_id text COLLATE "C" NOT NULL,
    slot      integer NOT NULL CHECK (slot IN (0, 1)),
    trip_id   text    NOT NULL UNIQUE REFERENCES trips (id),
    PRIMARY KEY (driver_id, slot)
);

CREATE TABLE offers (
    id          text PRIMARY KEY,
    seq         bigint GENERATED ALWAYS AS IDENTITY, -- order of a trip's offers
    trip_id     text    NOT NULL REFERENCES trips (id),
    driver_id   text    NOT NULL,
    epoch       bigint  NOT NULL,
    slot        integer NOT NULL,
    state       text    NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'expired', 'revoked')),
    reason      text    NOT NULL,
    pickup_ns   bigint  NOT NULL, -- estimated time to the pickup
    created_at  timestamptz NOT NULL,
    received_at timestamptz,
    expires_at  timestamptz NOT NULL,
    closed_at   timestamptz
);

CREATE INDEX offers_of_trip ON offers (trip_id, seq);
CREATE UNIQUE INDEX offers_pending ON offers (trip_id) WHERE state = 'pending';

-- data is the event as CloudEvents JSON, byte for byte as it goes to the bus.
CREATE TABLE trip_events (
    trip_id text   NOT NULL REFERENCES trips (id),
    version bigint NOT NULL CHECK (version >= 1),
    at      timestamptz NOT NULL,
    data    json   NOT NULL,
    PRIMARY KEY (trip_id, version)
);

-- Events that the bus has not acknowledged yet. Transactions that run at the
-- same time may commit out of the order of seq, so that a lower seq can appear
-- after a higher one was read: rows are deleted one by one, never up to a mark.
-- Events of one trip are in order, since the trip's row is locked meanwhile.
CREATE TABLE outbox (
    seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    trip_id text   NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE idempotency_keys (
    actor      text NOT NULL,
    key        text NOT NULL,
    digest     text NOT NULL,
    status     integer NOT NULL,
    answer     bytea   NOT NULL,
    trip_id    text    NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);

CREATE TABLE zones (
    id   text PRIMARY KEY,
    name text NOT NULL,
    area geography(MultiPolygon, 4326) NOT NULL
);

CREATE INDEX zones_area ON zones USING gist (area);

-- The way that was driven, once the trip is completed.
CREATE TABLE tracks (
    trip_id text PRIMARY KEY REFERENCES trips (id),
    path    geography(LineString, 4326) NOT NULL
);

-- +goose Down

DROP TABLE tracks, zones, idempotency_keys, outbox, trip_events, offers, claims, trips, drivers;
