-- `chain` of an entry covers the entry itself and the chain of the one before it (chain.py). Entries that were written
-- before get theirs when a daemon next starts; from then on they cannot be changed. `log_roots` has a row for each day:
-- how far each log had come (`heads`), and a hash over that and the day before.
DROP TRIGGER incident_log_append_only;
ALTER TABLE incident_log ADD COLUMN chain TEXT NOT NULL DEFAULT '';
CREATE INDEX incident_log_unchained ON incident_log (incident, seq) WHERE chain = '';
CREATE TRIGGER incident_log_append_only BEFORE UPDATE ON incident_log WHEN OLD.chain <> ''
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TABLE log_roots (
    day   TEXT PRIMARY KEY,
    heads TEXT NOT NULL,
    root  TEXT NOT NULL
) WITHOUT ROWID;
