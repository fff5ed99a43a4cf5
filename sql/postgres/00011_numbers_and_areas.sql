-- +goose Up

-- What each dispatcher counted, minute by minute; at is in unix seconds.
CREATE TABLE minutes (
    at         bigint NOT NULL,
    dispatcher text COLLATE "C" NOT NULL,
    run        text COLLATE "C" NOT NULL, -- of the dispatcher: one that is started again within a minute counts beside what it counted
    figures    text NOT NULL,             -- a JSON object
    PRIMARY KEY (at, dispatcher, run)
);

-- Areas of the map have a policy, perhaps, and somebody who set them. Dispatchers
-- keep them in memory, and read them as they were given. Nobody wrote any before.
DELETE FROM zones;
ALTER TABLE zones
    DROP COLUMN area,
    ADD COLUMN area   text NOT NULL, -- GeoJSON
    ADD COLUMN color  text NOT NULL,
    ADD COLUMN policy text, -- a JSON object
    ADD COLUMN set_by text NOT NULL,
    ADD COLUMN set_at timestamptz NOT NULL,
    ALTER COLUMN id TYPE text COLLATE "C";

-- Counts the changes of zones, so that dispatchers see at a glance that there was one.
CREATE TABLE zones_revision (n bigint NOT NULL);
INSERT INTO zones_revision (n) VALUES (0);

-- +goose Down

DROP TABLE zones_revision;
DELETE FROM zones;
ALTER TABLE zones
    DROP COLUMN area, DROP COLUMN color, DROP COLUMN policy, DROP COLUMN set_by, DROP COLUMN set_at,
    ADD COLUMN area geography(MultiPolygon, 4326) NOT NULL,
    ALTER COLUMN id TYPE text COLLATE "default";
CREATE INDEX zones_area ON zones USING gist (area);
DROP TABLE minutes;
