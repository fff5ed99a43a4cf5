-- +goose Up

-- What was given for a used token: while that was never used, the answer may have
-- been lost, and the old one is good a little longer.
ALTER TABLE refresh_tokens ADD COLUMN next text COLLATE "C";

-- Used tokens are forgotten by their time.
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;

-- +goose Down

DROP INDEX refresh_tokens_used;
ALTER TABLE refresh_tokens DROP COLUMN next;
