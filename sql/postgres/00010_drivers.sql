-- +goose Up

-- How riders know the car, and whether the driver may work.
ALTER TABLE drivers
    ADD COLUMN plate  text    NOT NULL DEFAULT '',
    ADD COLUMN make   text    NOT NULL DEFAULT '',
    ADD COLUMN colour text    NOT NULL DEFAULT '',
    ADD COLUMN active boolean NOT NULL DEFAULT true;

-- What a driver earned in some days.
CREATE INDEX trips_completed_of_driver ON trips (driver_id, completed_at) WHERE completed_at IS NOT NULL;

-- +goose Down

DROP INDEX trips_completed_of_driver;
ALTER TABLE drivers
    DROP COLUMN active,
    DROP COLUMN colour,
    DROP COLUMN make,
    DROP COLUMN plate;
