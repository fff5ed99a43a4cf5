-- +goose Up

-- Old keys are purged, oldest first.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- +goose Down

DROP INDEX idempotency_keys_by_age;
