-- Each statement stands under its name.

-- UPSERT_ALERT
INSERT INTO alerts (fingerprint, rule, check_name, series, state, incident, changed_at, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (rule, check_name, series) DO UPDATE SET state = excluded.state, incident = excluded.incident,
changed_at = excluded.changed_at, data = excluded.data;

-- UPSERT_INCIDENT
INSERT INTO incidents (id, number, incident_key, state, severity, record, opened_at, resolved_at, settled, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity, record = excluded.record,
resolved_at = excluded.resolved_at, settled = excluded.settled, data = excluded.data;

-- EVALUATED
INSERT INTO evaluated (shard, epoch, seq) VALUES (?, ?, ?)
ON CONFLICT (shard) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq;

-- RAISE_COUNTER
INSERT INTO counters (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value;

-- INSERT_PAGE
INSERT INTO outbox (page, incident, responder, channel, kind, state, created_at, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (page) DO UPDATE SET state = excluded.state,
created_at = excluded.created_at, data = excluded.data WHERE outbox.state = 'held' AND excluded.state <> 'held';

-- PAGE_DELIVERED
UPDATE outbox SET
attempts = attempts + CASE WHEN state IN ('delivered', 'received', 'answered', 'read', 'undelivered') THEN 0 ELSE 1 END,
state = CASE WHEN state IN ('received', 'answered', 'read', 'undelivered') THEN state ELSE 'delivered' END,
reference = ? WHERE page = ?;

-- PAGE_CHANGED
UPDATE outbox SET state = ?,
last_error = CASE WHEN last_error = '' OR last_error LIKE 'begun:%' THEN ? ELSE last_error END WHERE page = ?;

-- PAGE_REPORTED
UPDATE outbox SET state = ?, last_error = ? WHERE page = ?;

-- INSERT_ENTRY
INSERT INTO incident_log (incident, seq, at, kind, detail, actor, data, digest, chain)
SELECT ?, COALESCE(last.seq, 0) + 1, ?, ?, ?, ?, ?, ?, link(COALESCE(last.chain, ''), ?) FROM (SELECT 1) AS one
LEFT JOIN (SELECT seq, chain FROM incident_log WHERE incident = ? ORDER BY seq DESC LIMIT 1) AS last ON TRUE WHERE TRUE
ON CONFLICT (incident, digest) DO NOTHING;

-- ATTEMPTED
UPDATE outbox SET attempts = ?, next_at = ?, last_error = ? WHERE page = ? AND state IN ('queued', 'failing');

-- UPSERT_DETECTOR
INSERT INTO detectors (check_name, series, version, saved_at, data) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (check_name, series) DO UPDATE SET version = excluded.version, saved_at = excluded.saved_at,
data = excluded.data;

-- UPSERT_RECORD
INSERT INTO records (incident, opened_at, lines, version, data) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (incident) DO UPDATE SET opened_at = excluded.opened_at, lines = excluded.lines,
version = excluded.version, data = excluded.data;

-- PUT
INSERT INTO kv (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- PUT_ONCE
INSERT INTO kv (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING;

-- UNCHAINED
SELECT mine.incident, seq, at, kind, detail, actor, data, COALESCE((SELECT chain FROM incident_log AS earlier
WHERE earlier.incident = mine.incident AND earlier.seq < mine.seq ORDER BY earlier.seq DESC LIMIT 1), '')
FROM incident_log AS mine WHERE mine.chain = '' ORDER BY mine.incident, mine.seq LIMIT ?;

-- CHAIN
UPDATE incident_log SET chain = ? WHERE incident = ? AND seq = ? AND chain = '';

-- HEADS
SELECT incident_log.incident, incident_log.seq, chain FROM incident_log
JOIN (SELECT incident, MAX(seq) AS seq FROM incident_log GROUP BY incident) AS last
ON last.incident = incident_log.incident AND last.seq = incident_log.seq ORDER BY incident_log.incident;

-- ROOTS
SELECT day, heads, root FROM log_roots ORDER BY day;

-- PUT_ROOT
INSERT INTO log_roots (day, heads, root) VALUES (?, ?, ?) ON CONFLICT (day) DO NOTHING;

-- WHOLE_LOG
SELECT incident, seq, at, kind, detail, actor, data, chain FROM incident_log
WHERE (incident, seq) > (?, ?) ORDER BY incident, seq LIMIT ?;

-- ACCESS
SELECT kind, id, data FROM access;

-- PUT_ACCESS
INSERT INTO access (kind, id, data) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data;

-- DROP_ACCESS
DELETE FROM access WHERE kind = ? AND id = ?;

-- PUT_AUDIT
INSERT INTO audit (id, at, actor, action, about, address, status) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- AUDIT
SELECT id, at, actor, action, about, address, status FROM audit WHERE at < ? ORDER BY at DESC, id LIMIT ?;

-- GET
SELECT value FROM kv WHERE name = ?;

-- LIVE_ALERTS
SELECT data FROM alerts WHERE state IN ('pending', 'firing')
OR (state = 'resolved' AND incident IN (SELECT id FROM incidents WHERE settled = 0));

-- UNSETTLED
SELECT data FROM incidents WHERE settled = 0 ORDER BY number;

-- PAGES_UNSETTLED
SELECT data, state FROM outbox WHERE incident IN (SELECT id FROM incidents WHERE settled = 0) ORDER BY position;

-- PAGES_NEWEST
SELECT data, state FROM outbox ORDER BY position DESC LIMIT 50;

-- LOGS_UNSETTLED
SELECT incident, at, kind, detail, actor, data FROM incident_log
WHERE incident IN (SELECT id FROM incidents WHERE settled = 0) ORDER BY incident, seq;

-- OUTAGES
SELECT incident, at, kind, detail, actor, data FROM incident_log
WHERE kind IN ('deadlines.outage', 'degrade.ran', 'degrade.proved') OR kind LIKE 'silences.%' OR kind LIKE 'schedule.%'
OR incident IN (SELECT DISTINCT incident FROM incident_log WHERE incident LIKE 'changes-%' ORDER BY incident DESC LIMIT 45)
ORDER BY at, seq;

-- PUBLISHED
SELECT incident FROM incident_log WHERE kind = 'notes.update' AND at >= ? GROUP BY incident ORDER BY MAX(at) DESC LIMIT ?;

-- ITEMS_CHANGED
SELECT incident FROM incident_log WHERE kind IN ('review.action', 'review.action_done') AND at >= ?;

-- CHANGES
SELECT incident, at, kind, detail, actor, data FROM incident_log
WHERE incident >= ? AND incident <= ? AND kind = 'changes.reported' ORDER BY at, seq;

-- SENT
SELECT page, responder, channel, state, created_at FROM outbox
WHERE (state IN ('queued', 'failing', 'delivered', 'received', 'answered', 'read', 'undelivered')
OR (state = 'failed' AND attempts > 0))
AND created_at > (SELECT MAX(created_at) FROM outbox) - 2678400.0;

-- DETECTORS
SELECT check_name, series, data FROM detectors;

-- COUNTER
SELECT value FROM counters WHERE name = 'last_incident';

-- UNSENT
SELECT data, state, attempts, next_at, last_error FROM outbox
WHERE state IN ('queued', 'failing') ORDER BY position;

-- INCIDENTS
SELECT data FROM incidents WHERE (opened_at, number) < (?, ?) ORDER BY opened_at DESC, number DESC LIMIT ?;

-- OPEN_INCIDENTS
SELECT data FROM incidents WHERE settled = 0 AND state <> 'resolved' AND (opened_at, number) < (?, ?)
ORDER BY opened_at DESC, number DESC LIMIT ?;

-- INCIDENT
SELECT data FROM incidents WHERE id = ?;

-- INCIDENT_TOLD_AS
SELECT data FROM incidents WHERE data LIKE ? ORDER BY opened_at DESC LIMIT 1;
-- OPENED_SINCE
SELECT incident_key, COUNT(*) FROM incidents WHERE opened_at >= ? GROUP BY incident_key;
-- PAGES
SELECT data, state, attempts, last_error, reference FROM outbox WHERE incident = ? ORDER BY position;

-- PAGE
SELECT data, state, attempts, last_error, reference FROM outbox
WHERE page = ? OR (reference = ? AND ? <> '') ORDER BY position DESC LIMIT 1;

-- TIMELINE
SELECT incident, at, kind, detail, actor, data FROM incident_log WHERE incident = ? ORDER BY seq;

-- RECORDS
SELECT data FROM records WHERE opened_at >= ? AND (opened_at, incident) < (?, ?)
ORDER BY opened_at DESC, incident DESC LIMIT ?;

-- RECORD
SELECT data FROM records WHERE incident = ?;

-- UNRECORDED
SELECT id FROM incidents LEFT JOIN records ON records.incident = incidents.id
WHERE incidents.resolved_at IS NOT NULL AND (records.incident IS NULL OR records.version < ?
OR records.lines < (SELECT MAX(seq) FROM incident_log WHERE incident_log.incident = incidents.id))
ORDER BY number DESC LIMIT ?;
