-- The public status page asks of which incidents a status update was given lately.
CREATE INDEX incident_log_updates ON incident_log (at) WHERE kind = 'notes.update';
