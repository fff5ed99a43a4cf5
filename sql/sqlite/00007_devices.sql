-- +goose Up

-- Apps that report where a driver is, each by a token of its own, of which only
-- the hash is kept.
CREATE TABLE devices (
    id         text    PRIMARY KEY,
    driver_id  text    NOT NULL REFERENCES drivers (id),
    name       text    NOT NULL,
    app        text    NOT NULL,
    available  integer NOT NULL,
    hash       text    NOT NULL UNIQUE, -- SHA-256 of the token, hexadecimal
    tail       text    NOT NULL,        -- the token's last characters
    created_at integer NOT NULL         -- unix microseconds
) STRICT;

CREATE INDEX devices_of_driver ON devices (driver_id);

-- +goose Down

DROP TABLE devices;
