-- Plain SQL that SQLite and PostgreSQL both read. Ids are UUID text, times are microseconds since 1970 UTC (0: none),
-- sealed values are text so that no engine's blob type is needed. What belongs to an app goes with it; events outlive it.

-- +goose Up

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    admin         BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE tokens (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX tokens_of_user ON tokens (user_id);

CREATE TABLE apps (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    owner_id    TEXT NOT NULL REFERENCES users (id),
    maintenance BOOLEAN NOT NULL,
    revision    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX apps_of_owner ON apps (owner_id);

-- The values of one config version are one sealed text: see seal.go.
CREATE TABLE configs (
    app_id  TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    sealed  TEXT NOT NULL,
    PRIMARY KEY (app_id, version)
);

CREATE TABLE slugs (
    id          TEXT PRIMARY KEY,
    app_id      TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    object_key  TEXT NOT NULL,
    url         TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    size        BIGINT NOT NULL,
    commit_hash TEXT NOT NULL,
    processes   TEXT NOT NULL, -- JSON
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX slugs_of_app ON slugs (app_id);

-- What a release was made with (translator.Target), by digest: thousands of releases share a few.
CREATE TABLE targets (
    digest TEXT PRIMARY KEY,
    body   TEXT NOT NULL -- JSON
);

CREATE TABLE releases (
    id             TEXT PRIMARY KEY,
    app_id         TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    version        BIGINT NOT NULL,
    slug_id        TEXT NOT NULL,
    config_version BIGINT NOT NULL,
    target         TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    user_email     TEXT NOT NULL,
    description    TEXT NOT NULL,
    status         TEXT NOT NULL,
    reason         TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (app_id, version)
);
CREATE INDEX releases_pending ON releases (app_id) WHERE status = 'pending';

CREATE TABLE builds (
    id          TEXT PRIMARY KEY,
    app_id      TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id     TEXT NOT NULL,
    user_email  TEXT NOT NULL,
    status      TEXT NOT NULL,
    source_key  TEXT NOT NULL,
    commit_hash TEXT NOT NULL,
    slug_id     TEXT NOT NULL,
    release_id  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX builds_of_app ON builds (app_id);
CREATE INDEX builds_pending ON builds (created_at) WHERE status = 'pending';

CREATE TABLE formation (
    app_id     TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,
    id         TEXT NOT NULL,
    quantity   INTEGER NOT NULL,
    size       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, type)
);

CREATE TABLE domains (
    id         TEXT PRIMARY KEY,
    app_id     TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    hostname   TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX domains_of_app ON domains (app_id);

CREATE TABLE outputs (
    id     TEXT NOT NULL,
    seq    BIGINT NOT NULL,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    text   TEXT NOT NULL,
    last   BOOLEAN NOT NULL,
    PRIMARY KEY (id, seq)
);
CREATE INDEX outputs_of_app ON outputs (app_id);

-- What Nomad was last told about an app: one row an app.
CREATE TABLE applied (
    app_id        TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
    release_id    TEXT NOT NULL,
    digest        TEXT NOT NULL,
    job_index     BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    settled       BOOLEAN NOT NULL,
    progress      TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    moved_at      BIGINT NOT NULL
);
CREATE INDEX applied_unsettled ON applied (app_id) WHERE NOT settled;

-- Events are numbered from a counter that their own transaction holds, not from a sequence: whoever has read up to N has
-- read everything up to N, because no smaller number can be committed later.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('events', 0);

CREATE TABLE events (
    seq      BIGINT PRIMARY KEY,
    time     BIGINT NOT NULL,
    app_id   TEXT NOT NULL,
    app_name TEXT NOT NULL,
    actor    TEXT NOT NULL,
    source   TEXT NOT NULL,
    process  TEXT NOT NULL,
    text     TEXT NOT NULL,
    key      TEXT NOT NULL
);
CREATE UNIQUE INDEX events_key ON events (key) WHERE key <> '';
CREATE INDEX events_of_app ON events (app_id);

-- How far each reader of the events has come.
CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    seq  BIGINT NOT NULL
);
