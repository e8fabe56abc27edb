-- `chain` of an entry covers the entry itself and the chain of the one before it (chain.py). Entries that were written
-- before get theirs when a daemon next starts; from then on they cannot be changed. `log_roots` has a row for each day:
-- how far each log had come (`heads`), and a hash over that and the day before.
DROP TRIGGER incident_log_append_only ON incident_log;
ALTER TABLE incident_log ADD COLUMN chain TEXT NOT NULL DEFAULT '';
CREATE INDEX incident_log_unchained ON incident_log (incident, seq) WHERE chain = '';
CREATE TRIGGER incident_log_append_only BEFORE UPDATE ON incident_log
FOR EACH ROW WHEN (OLD.chain <> '') EXECUTE FUNCTION incident_log_append_only();
CREATE FUNCTION link(before TEXT, digest TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE
AS $$ SELECT encode(sha256(convert_to(before || digest, 'UTF8')), 'hex') $$;

CREATE TABLE log_roots (
    day   TEXT PRIMARY KEY,
    heads TEXT NOT NULL,
    root  TEXT NOT NULL
);
