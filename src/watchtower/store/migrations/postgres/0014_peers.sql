-- Where other daemons reach who stands by; empty from an older version.
ALTER TABLE standbys ADD COLUMN peer TEXT NOT NULL DEFAULT '';
