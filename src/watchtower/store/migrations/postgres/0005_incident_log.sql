-- The log of incidents is called so, and what kind of entry a line is.
DROP TRIGGER events_append_only ON events;
DROP FUNCTION events_append_only();
ALTER TABLE events RENAME TO incident_log;
ALTER TABLE incident_log RENAME COLUMN reason TO kind;
CREATE FUNCTION incident_log_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only';
END
$$;
CREATE TRIGGER incident_log_append_only BEFORE UPDATE ON incident_log
FOR EACH ROW EXECUTE FUNCTION incident_log_append_only();
