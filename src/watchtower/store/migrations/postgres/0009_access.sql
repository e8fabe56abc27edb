-- Accounts, sessions, personal tokens and one-time links (access/records.py): `data` is JSON, secrets are hashes. `audit`
-- says who did what from where.
CREATE TABLE access (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE audit (
    id      TEXT PRIMARY KEY,
    at      DOUBLE PRECISION NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    about   TEXT NOT NULL,
    address TEXT NOT NULL,
    status  INTEGER NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);
