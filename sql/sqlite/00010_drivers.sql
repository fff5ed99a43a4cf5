-- +goose Up

-- How riders know the car, and whether the driver may work.
ALTER TABLE drivers ADD COLUMN plate  text    NOT NULL DEFAULT '';
ALTER TABLE drivers ADD COLUMN make   text    NOT NULL DEFAULT '';
ALTER TABLE drivers ADD COLUMN colour text    NOT NULL DEFAULT '';
ALTER TABLE drivers ADD COLUMN active integer NOT NULL DEFAULT 1;

-- What a driver earned in some days.
CREATE INDEX trips_completed_of_driver ON trips (driver_id, completed_at) WHERE completed_at IS NOT NULL;

-- +goose Down

DROP INDEX trips_completed_of_driver;
ALTER TABLE drivers DROP COLUMN active;
ALTER TABLE drivers DROP COLUMN colour;
ALTER TABLE drivers DROP COLUMN make;
ALTER TABLE drivers DROP COLUMN plate;
