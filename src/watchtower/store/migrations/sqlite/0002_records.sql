-- One row for each incident that is over: folded from its timeline, so that a month need not be folded again.
-- `lines` of the timeline are in it; `version` is that of the record's shape. Both say when it is out of date.

CREATE TABLE records (
    incident  TEXT PRIMARY KEY,
    opened_at REAL NOT NULL,
    lines     INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    data      TEXT NOT NULL
);
CREATE INDEX records_by_time ON records (opened_at);
