-- +goose Up

-- Who signs in with a password, and the sessions that began so. Times are unix microseconds.
CREATE TABLE accounts (
    id         text PRIMARY KEY,
    role       text NOT NULL,
    password   text NOT NULL, -- argon2id, with its parameters and salt
    disabled   integer NOT NULL,
    created_at integer NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id),
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    revoked_at integer
) STRICT;

CREATE INDEX sessions_of_account ON sessions (account_id);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Every refresh token of a session: a used one that comes again ends it.
CREATE TABLE refresh_tokens (
    hash       text PRIMARY KEY, -- SHA-256, hexadecimal
    session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used_at    integer
) STRICT;

CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- +goose Down

DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE accounts;
