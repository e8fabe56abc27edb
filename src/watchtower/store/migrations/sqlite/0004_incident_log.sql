-- The log of incidents is called so, and what kind of entry a line is.
DROP TRIGGER events_append_only;
ALTER TABLE events RENAME TO incident_log;
ALTER TABLE incident_log RENAME COLUMN reason TO kind;
CREATE TRIGGER incident_log_append_only BEFORE UPDATE ON incident_log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
