-- +goose Up

-- Whether a trip was given to its driver as the next one, while another was under
-- way; how often it went from one driver to another until pickup, and whom it
-- was taken from last.
ALTER TABLE trips ADD COLUMN forward boolean NOT NULL DEFAULT false;
ALTER TABLE trips ADD COLUMN swaps integer NOT NULL DEFAULT 0;
ALTER TABLE trips ADD COLUMN former_driver_id text;

-- +goose Down

ALTER TABLE trips DROP COLUMN former_driver_id;
ALTER TABLE trips DROP COLUMN swaps;
ALTER TABLE trips DROP COLUMN forward;
