-- +goose Up

-- A page of somebody's trips in one state: neither all trips in that state nor
-- all that somebody ever had are to be read for it.
CREATE INDEX trips_of_rider_in_state ON trips (rider_id, state, requested_at DESC, id DESC);
CREATE INDEX trips_of_driver_in_state ON trips (driver_id, state, requested_at DESC, id DESC) WHERE driver_id IS NOT NULL;

-- +goose Down

DROP INDEX trips_of_driver_in_state;
DROP INDEX trips_of_rider_in_state;
