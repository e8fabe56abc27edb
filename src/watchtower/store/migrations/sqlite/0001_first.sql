-- Times are UTC seconds since the epoch. `data` is JSON, the whole object; the other columns are for finding it.

CREATE TABLE alerts (
    fingerprint TEXT PRIMARY KEY,
    rule        TEXT NOT NULL,
    check_name  TEXT NOT NULL,
    series      TEXT NOT NULL,
    state       TEXT NOT NULL,
    incident    TEXT NOT NULL,
    changed_at  REAL NOT NULL,
    data        TEXT NOT NULL
);
CREATE INDEX alerts_by_state ON alerts (state);
CREATE INDEX alerts_by_incident ON alerts (incident);

CREATE TABLE incidents (
    id          TEXT PRIMARY KEY,
    number      INTEGER NOT NULL,
    incident_key TEXT NOT NULL,
    state       TEXT NOT NULL,
    severity    TEXT NOT NULL,
    record      TEXT NOT NULL,
    opened_at   REAL NOT NULL,
    resolved_at REAL,
    settled     INTEGER NOT NULL,
    data        TEXT NOT NULL
);
CREATE INDEX incidents_by_time ON incidents (opened_at, number);
CREATE INDEX incidents_unsettled ON incidents (settled) WHERE settled = 0;

-- The timeline. `digest` is of all the rest but `seq`: the same line is never written twice.
CREATE TABLE events (
    incident TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    at       REAL NOT NULL,
    reason   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    actor    TEXT NOT NULL,
    data     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    PRIMARY KEY (incident, seq),
    UNIQUE (incident, digest)
) WITHOUT ROWID;
CREATE TRIGGER events_append_only BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;

-- `position` is the order in which pages became owed.
CREATE TABLE outbox (
    position   INTEGER PRIMARY KEY,
    page       TEXT NOT NULL UNIQUE,
    incident   TEXT NOT NULL,
    responder  TEXT NOT NULL,
    channel    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    REAL NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    reference  TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL,
    data       TEXT NOT NULL
);
CREATE INDEX outbox_by_incident ON outbox (incident);
CREATE INDEX outbox_unsent ON outbox (position) WHERE state IN ('owed', 'failing');

CREATE TABLE detectors (
    check_name TEXT NOT NULL,
    series     TEXT NOT NULL,
    version    INTEGER NOT NULL,
    saved_at   REAL NOT NULL,
    data       TEXT NOT NULL,
    PRIMARY KEY (check_name, series)
) WITHOUT ROWID;

CREATE TABLE kv (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Numbers that only grow, also when what they counted is deleted.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
