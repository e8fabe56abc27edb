-- A column is one value of one series of one check. Its number is never given again while chunks of it are there.
CREATE TABLE history_column (
    id         INTEGER PRIMARY KEY,
    check_name TEXT NOT NULL,
    series     TEXT NOT NULL,
    name       TEXT NOT NULL,
    seen       REAL NOT NULL DEFAULT 1e15,
    kept_long  INTEGER NOT NULL DEFAULT 1,
    UNIQUE (check_name, series, name)
);
-- The open hour: what came in 10 s, of 1,024 columns each. `id` is part << 32 | slot.
CREATE TABLE history_tick (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);
-- 360 slots of one column. `id` is level << 56 | block << 24 | column. A rowid table: in a table without one a chunk
-- above 1 kB took a page of its own.
CREATE TABLE history_chunk (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);
-- Until when each step is complete; 0 is the finest.
CREATE TABLE history_mark (
    rank  INTEGER PRIMARY KEY,
    until REAL NOT NULL
);
