-- +goose Up

-- What each dispatcher counted, minute by minute; at is in unix seconds.
CREATE TABLE minutes (
    at         INTEGER NOT NULL,
    dispatcher TEXT    NOT NULL,
    run        TEXT    NOT NULL, -- of the dispatcher: one that is started again within a minute counts beside what it counted
    figures    TEXT    NOT NULL, -- a JSON object
    PRIMARY KEY (at, dispatcher, run)
) STRICT, WITHOUT ROWID;

-- Areas of the map have a policy, perhaps, and somebody who set them.
ALTER TABLE zones ADD COLUMN color TEXT NOT NULL DEFAULT '';
ALTER TABLE zones ADD COLUMN policy TEXT; -- a JSON object
ALTER TABLE zones ADD COLUMN set_by TEXT NOT NULL DEFAULT '';
ALTER TABLE zones ADD COLUMN set_at INTEGER; -- unix microseconds

-- Counts the changes of zones, so that dispatchers see at a glance that there was one.
CREATE TABLE zones_revision (n INTEGER NOT NULL) STRICT;
INSERT INTO zones_revision (n) VALUES (0);

-- +goose Down

DROP TABLE zones_revision;
ALTER TABLE zones DROP COLUMN set_at;
ALTER TABLE zones DROP COLUMN set_by;
ALTER TABLE zones DROP COLUMN policy;
ALTER TABLE zones DROP COLUMN color;
DROP TABLE minutes;
