-- What a dynomad.hcl may say since it became whole: an image, host names, a raw overlay, and crons, which are jobs of their
-- own beside the app's.

-- +goose Up

ALTER TABLE slugs ADD COLUMN image TEXT NOT NULL DEFAULT '';
ALTER TABLE slugs ADD COLUMN domains TEXT NOT NULL DEFAULT ''; -- JSON, or '': none
ALTER TABLE slugs ADD COLUMN overlay TEXT NOT NULL DEFAULT ''; -- JSON, or '': none

-- Whether the app's job was stopped although its release runs, because all that it has is crons; and its cron jobs by id
-- with their JobModifyIndex, as JSON, or '': none.
ALTER TABLE applied ADD COLUMN stopped BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE applied ADD COLUMN crons TEXT NOT NULL DEFAULT '';

-- The release phase runs once in every release, and nobody can scale it any more.
DELETE FROM formation WHERE type = 'release';

-- A release keeps what it was made with. Until now it went without saying that web listens and gets every request, and the
-- release phase had no template of its own.
UPDATE targets SET body = REPLACE(body, '"web":{"',
    '"release":{"size":"standard-1x","timeout":3600000000000,"kill_signal":"SIGTERM","kill_timeout":30000000000,"restart":{"attempts":0,"delay":0,"interval":5000000000},"sidecar":"prestart"},"web":{"service":true,"route":[{"path":"/"}],"');
