-- The catalogue: what users have published, and what others have made of it. It holds only what crosses users; files, media and
-- history are in each user's own object. Counters and the search index follow by triggers, so no code can forget them.

CREATE TABLE users (
  id TEXT PRIMARY KEY,               -- as signed
  handle TEXT UNIQUE,                -- how others see the user; null once the account is deleted
  name TEXT,
  avatar_url TEXT,
  created_ms INTEGER NOT NULL,
  closed_ms INTEGER                  -- the account was deleted: an old URL must not bring it back
) STRICT;

CREATE TABLE published (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,           -- 128 random bits: who knows it was told
  kind INTEGER NOT NULL,             -- 0 app, 1 desktop
  owner_id TEXT NOT NULL REFERENCES users(id),
  local_id TEXT NOT NULL,            -- the owner's own name for it: `appId` or `desktopId`
  title TEXT NOT NULL,
  fold TEXT NOT NULL,                -- the title in lower case, by the Worker: SQLite folds ASCII only
  icon TEXT,
  description TEXT,
  tags TEXT NOT NULL DEFAULT '[]',   -- a JSON array of plain words
  visibility INTEGER NOT NULL,       -- 0 public, 1 unlisted, 2 private
  current INTEGER,                   -- the number of the version that is offered; null when every one is yanked
  stars INTEGER NOT NULL DEFAULT 0,
  installs INTEGER NOT NULL DEFAULT 0, -- of an app
  visits INTEGER NOT NULL DEFAULT 0, -- of a desktop
  forks INTEGER NOT NULL DEFAULT 0,  -- of a desktop
  popularity INTEGER NOT NULL GENERATED ALWAYS AS (stars + installs + visits + forks) VIRTUAL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,       -- the last version, or the last change of what is said of it
  removed_ms INTEGER                 -- unpublished: the row stays, so that a version number is never used twice
) STRICT;

-- For a publish, and for deleting an account.
CREATE UNIQUE INDEX published_own ON published (owner_id, kind, local_id);
-- One for each order of the public lists; the row's own number settles ties.
CREATE INDEX published_new ON published (kind, seq) WHERE visibility = 0 AND current IS NOT NULL;
CREATE INDEX published_updated ON published (kind, updated_ms, seq) WHERE visibility = 0 AND current IS NOT NULL;
CREATE INDEX published_popular ON published (kind, popularity, seq) WHERE visibility = 0 AND current IS NOT NULL;
CREATE INDEX published_name ON published (kind, fold, seq) WHERE visibility = 0 AND current IS NOT NULL;
-- What only its owner finds in a list.
CREATE INDEX published_hidden ON published (owner_id, kind) WHERE visibility <> 0 OR current IS NULL;

CREATE TABLE versions (
  item INTEGER NOT NULL REFERENCES published(seq) ON DELETE CASCADE,
  number INTEGER NOT NULL,           -- 1.2.3 is 1 00002 00003: five digits for each of minor and patch
  size_bytes INTEGER NOT NULL,       -- of the bundle as it is sent
  files INTEGER NOT NULL,
  bundle_hash TEXT NOT NULL,         -- of the bundle as it is sent: its entity tag
  content_hash TEXT NOT NULL,        -- of the tar or the snapshot: what makes two publishes the same
  manifest_hash TEXT NOT NULL,
  deps_hash TEXT,                    -- of an app's dependencies, or of a desktop's lock file
  artifacts INTEGER NOT NULL,        -- what lies beside the bundle: 1 package.json, 2 pnpm-lock.yaml
  created_ms INTEGER NOT NULL,
  yanked_ms INTEGER,                 -- not offered any more; who names it still gets it
  removed_ms INTEGER,                -- unpublished: its bytes go, its number stays taken
  swept_ms INTEGER,                  -- its bytes are gone
  PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX versions_leaving ON versions (item, number) WHERE removed_ms IS NOT NULL AND swept_ms IS NULL;

-- Which versions hold a file, by its bytes.
CREATE TABLE version_files (
  hash BLOB NOT NULL,
  item INTEGER NOT NULL REFERENCES published(seq) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  PRIMARY KEY (hash, item, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_files_item ON version_files (item);

CREATE TABLE stars (
  item INTEGER NOT NULL REFERENCES published(seq) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (item, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stars_user ON stars (user_id);

-- An app that was installed, or a desktop that was forked: once for each user.
CREATE TABLE installs (
  item INTEGER NOT NULL REFERENCES published(seq) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  local_id TEXT NOT NULL,            -- under which name, in that user's workspace
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (item, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX installs_user ON installs (user_id, created_ms, item);

-- A visitor counts once a day. Who it was is a keyed hash that nobody can undo, and it is dropped within two days.
CREATE TABLE visits (
  day INTEGER NOT NULL,              -- since 1970, UTC
  item INTEGER NOT NULL REFERENCES published(seq) ON DELETE CASCADE,
  visitor TEXT NOT NULL,
  PRIMARY KEY (day, item, visitor)
) STRICT, WITHOUT ROWID;
CREATE INDEX visits_item ON visits (item);

-- Words of what is published. `scope` holds who may find it and of which kind it is, as words of their own, so that the index itself
-- leaves out what must not be seen; the handle and the tags stand there too, whole.
CREATE VIRTUAL TABLE search USING fts5(title, description, tags, handle, scope, tokenize = "unicode61 remove_diacritics 2");

CREATE VIEW search_words AS
  SELECT p.seq, p.title, p.description, (SELECT group_concat(value, ' ') FROM json_each(p.tags)) AS tags, u.handle,
         'k' || p.kind || ' o' || hex(p.owner_id) || ' h' || hex(u.handle)
         || CASE WHEN p.visibility = 0 AND p.current IS NOT NULL THEN ' everyone' ELSE '' END
         || coalesce((SELECT group_concat(' t' || hex(value), '') FROM json_each(p.tags)), '') AS scope
    FROM published p JOIN users u ON u.id = p.owner_id
   WHERE p.removed_ms IS NULL;

CREATE TRIGGER published_comes AFTER INSERT ON published BEGIN
  INSERT INTO search (rowid, title, description, tags, handle, scope) SELECT * FROM search_words WHERE seq = NEW.seq;
END;
CREATE TRIGGER published_changes AFTER UPDATE OF title, description, tags, visibility, current, removed_ms ON published BEGIN
  DELETE FROM search WHERE rowid = NEW.seq;
  INSERT INTO search (rowid, title, description, tags, handle, scope) SELECT * FROM search_words WHERE seq = NEW.seq;
END;
CREATE TRIGGER published_goes AFTER DELETE ON published BEGIN
  DELETE FROM search WHERE rowid = OLD.seq;
END;
CREATE TRIGGER handle_changes AFTER UPDATE OF handle ON users WHEN NEW.handle IS NOT NULL AND NEW.handle IS NOT OLD.handle BEGIN
  DELETE FROM search WHERE rowid IN (SELECT seq FROM published WHERE owner_id = NEW.id);
  INSERT INTO search (rowid, title, description, tags, handle, scope)
  SELECT w.* FROM search_words w WHERE w.seq IN (SELECT seq FROM published WHERE owner_id = NEW.id);
END;

CREATE TRIGGER star_comes AFTER INSERT ON stars BEGIN
  UPDATE published SET stars = stars + 1 WHERE seq = NEW.item;
END;
CREATE TRIGGER star_goes AFTER DELETE ON stars BEGIN
  UPDATE published SET stars = stars - 1 WHERE seq = OLD.item;
END;
CREATE TRIGGER install_comes AFTER INSERT ON installs BEGIN
  UPDATE published SET installs = installs + (kind = 0), forks = forks + (kind = 1) WHERE seq = NEW.item;
END;
CREATE TRIGGER install_goes AFTER DELETE ON installs BEGIN
  UPDATE published SET installs = installs - (kind = 0), forks = forks - (kind = 1) WHERE seq = OLD.item;
END;
-- Visits are counted for good: their rows go, the count stays.
CREATE TRIGGER visit_comes AFTER INSERT ON visits BEGIN
  UPDATE published SET visits = visits + 1 WHERE seq = NEW.item;
END;
