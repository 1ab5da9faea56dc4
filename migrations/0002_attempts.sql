-- Publishes under way, so that nothing is lost sight of that one which died has left in the bucket.
CREATE TABLE attempts (
  owner_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  local_id TEXT NOT NULL,
  number INTEGER NOT NULL,           -- as in versions
  started_ms INTEGER NOT NULL,
  claimed_ms INTEGER,                -- its bytes are being removed
  PRIMARY KEY (owner_id, kind, local_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_started ON attempts (started_ms);
