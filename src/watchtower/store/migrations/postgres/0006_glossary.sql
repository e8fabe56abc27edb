-- Stored words are those of the glossary: queued, notified, merged, recurred, severity. What was written with the words
-- before is rewritten, once. `"level":` stands in no text of these entries, because a quote in a text is escaped.
DROP TRIGGER incident_log_append_only ON incident_log;
UPDATE incident_log SET kind = CASE kind
    WHEN 'told' THEN 'notified'
    WHEN 'not_told' THEN 'not_notified'
    WHEN 'nobody_was_told' THEN 'nobody_notified'
    WHEN 'absorbs' THEN 'merged'
    WHEN 'absorbed' THEN 'merged_into'
    WHEN 'relapsed' THEN 'recurred'
    WHEN 'level_unchanged' THEN 'severity_unchanged'
    WHEN 'notices.owed' THEN 'pages.requested'
    WHEN 'people.rung' THEN 'people.next_warning'
    WHEN 'review.rung' THEN 'review.threshold'
    WHEN 'degrade.run_owed' THEN 'degrade.run_queued'
    WHEN 'deadlines.leveled' THEN 'deadlines.severity_changed'
    WHEN 'levels.relapsed' THEN 'severity.recurred'
    WHEN 'levels.let_go' THEN 'severity.released'
    ELSE 'severity.' || SUBSTR(kind, 8)
END
WHERE kind LIKE 'levels.%' OR kind IN (
    'told', 'not_told', 'nobody_was_told', 'absorbs', 'absorbed', 'relapsed', 'level_unchanged', 'notices.owed',
    'people.rung', 'review.rung', 'degrade.run_owed', 'deadlines.leveled'
);
UPDATE incident_log SET data = REPLACE(data, '"level":', '"severity":')
WHERE kind LIKE 'severity.%' OR kind IN ('deadlines.started', 'deadlines.severity_changed', 'sop.opened', 'drill.began');
UPDATE incident_log SET data = REPLACE(data, '"state":"owed"', '"state":"queued"') WHERE data LIKE '%"state":"owed"%';

UPDATE incidents SET data = REPLACE(REPLACE(REPLACE(REPLACE(
    data, '"told":[', '"notified":['), '"absorbed_by":', '"merged_into":'),
    '"firing":"owed"', '"firing":"queued"'), '"resolved":"owed"', '"resolved":"queued"');

DROP INDEX outbox_unsent;
UPDATE outbox SET state = 'queued' WHERE state = 'owed';
UPDATE outbox SET data = REPLACE(REPLACE(
    data, '"state":"owed"', '"state":"queued"'), '"reason":"absorbed"', '"reason":"merged_into"');
CREATE INDEX outbox_unsent ON outbox (position) WHERE state IN ('queued', 'failing');

CREATE TRIGGER incident_log_append_only BEFORE UPDATE ON incident_log
FOR EACH ROW EXECUTE FUNCTION incident_log_append_only();
