-- What something was made from: the id of the desktop that was forked, or of the app that was installed. It stays when that is
-- gone; who may not know of that is not told.
ALTER TABLE published ADD COLUMN parent TEXT;
