-- +goose Up

-- How many trips of a rider are unfinished is asked at each request, and an
-- account that books for many has a long history behind the few.
CREATE INDEX trips_unfinished_of_rider ON trips (rider_id, requested_at DESC, id DESC)
    WHERE state IN ('scheduled', 'searching', 'assigned', 'arrived', 'riding');

-- +goose Down

DROP INDEX trips_unfinished_of_rider;
