-- `peer`: where other daemons reach the leader. `plan`: a hash of its configuration. `taken`: when it took the lease.
-- `unled`: seconds for which nobody led before, where its successor watched that.
ALTER TABLE lease
    ADD COLUMN peer  TEXT NOT NULL DEFAULT '',
    ADD COLUMN plan  TEXT NOT NULL DEFAULT '',
    ADD COLUMN taken DOUBLE PRECISION NOT NULL DEFAULT 0,
    ADD COLUMN unled DOUBLE PRECISION;

-- Who stands by; `seen` is beaten once a second.
CREATE TABLE standbys (
    name  TEXT PRIMARY KEY,
    plan  TEXT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    seen  TIMESTAMPTZ NOT NULL
);

-- Requests that came while nobody led; the next leader handles each, and deletes it. `often`: from programs that ask
-- again by themselves. `size`: bytes.
CREATE TABLE kept_requests (
    id    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    often BOOLEAN NOT NULL,
    size  INTEGER NOT NULL,
    data  TEXT NOT NULL
);
