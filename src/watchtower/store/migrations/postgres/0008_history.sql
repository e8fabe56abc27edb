-- The history of what checks measured, in the same tables as in a file of its own (migrations/history).
CREATE TABLE history_column (
    id         BIGINT PRIMARY KEY,
    check_name TEXT NOT NULL,
    series     TEXT NOT NULL,
    name       TEXT NOT NULL,
    seen       DOUBLE PRECISION NOT NULL DEFAULT 1e15,
    kept_long  INTEGER NOT NULL DEFAULT 1,
    UNIQUE (check_name, series, name)
);
CREATE TABLE history_tick (
    id   BIGINT PRIMARY KEY,
    data BYTEA NOT NULL
);
CREATE TABLE history_chunk (
    id   BIGINT PRIMARY KEY,
    data BYTEA NOT NULL
);
CREATE TABLE history_mark (
    rank  BIGINT PRIMARY KEY,
    until DOUBLE PRECISION NOT NULL
);
