-- Processes that probe for the daemon (`watchtower work`), each beaten once a second. `id` is new at each start. `home`: it
-- also makes checks that name no location. `skew`: seconds by which its clock is ahead of the database's. `turn`
-- grows with each message of its own, so that one that is sent again does nothing. `beats` in a row.
CREATE TABLE workers (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    location TEXT NOT NULL,
    home     BOOLEAN NOT NULL,
    plan     TEXT NOT NULL,
    version  TEXT NOT NULL,
    skew     DOUBLE PRECISION NOT NULL,
    dropped  BIGINT NOT NULL,
    turn     BIGINT NOT NULL,
    beats    BIGINT NOT NULL DEFAULT 1,
    since    TIMESTAMPTZ NOT NULL DEFAULT now(),
    until    TIMESTAMPTZ NOT NULL
);

-- A location has 256. A check belongs to the slot that its name's hash says; each claim of a shard raises its epoch.
CREATE TABLE shards (
    shard    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    location TEXT NOT NULL,
    slot     INTEGER NOT NULL,
    owner    TEXT,
    epoch    BIGINT NOT NULL DEFAULT 0,
    UNIQUE (location, slot)
);
CREATE INDEX shards_by_owner ON shards (owner);

-- What workers have measured, a row a shard and second; and how far the leader has evaluated, with its decisions. Both are
-- empty after a crash of the server: what was not evaluated then is not measured.
CREATE UNLOGGED TABLE batches (
    shard BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    seq   BIGINT NOT NULL,
    sent  TIMESTAMPTZ NOT NULL DEFAULT now(),
    body  TEXT NOT NULL,
    PRIMARY KEY (shard, epoch, seq)
);
CREATE UNLOGGED TABLE evaluated (
    shard BIGINT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    seq   BIGINT NOT NULL
);

-- Beats for a worker, and returns the shards that it holds from now on. It gives back what is over its fair share. It
-- claims what is free, and after three beats in a row what belongs to nobody alive: when the database comes back,
-- everybody has three seconds to beat before anything moves. For as long a new worker is not counted, either.
CREATE FUNCTION work(
    me TEXT, called TEXT, place TEXT, at_home BOOLEAN, plan_hash TEXT, made TEXT, ahead DOUBLE PRECISION, lost BIGINT,
    this_turn BIGINT
) RETURNS TABLE (held BIGINT, held_slot INTEGER, held_epoch BIGINT) LANGUAGE plpgsql AS $$
DECLARE
    mine BIGINT;
    fair BIGINT;
    has BIGINT;
BEGIN
    IF NOT EXISTS (SELECT FROM shards WHERE location = place) THEN
        INSERT INTO shards (location, slot) SELECT place, generate_series(0, 255) ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO workers AS w (id, name, location, home, plan, version, skew, dropped, turn, until)
    VALUES (me, called, place, at_home, plan_hash, made, ahead, lost, this_turn, now() + interval '3 s')
    ON CONFLICT (id) DO UPDATE SET plan = plan_hash, skew = ahead, dropped = lost, until = excluded.until, turn = this_turn,
    beats = CASE WHEN w.until > now() THEN w.beats + 1 ELSE 1 END
    WHERE w.turn < this_turn AND w.location = place RETURNING w.beats INTO mine;
    IF mine IS NULL THEN
        RETURN;
    END IF;
    SELECT ceil(256.0 / count(*)) INTO fair FROM workers
    WHERE location = place AND until > now() AND (beats >= 3 OR id = me);
    SELECT count(*) INTO has FROM shards WHERE owner = me;
    IF has > fair THEN
        UPDATE shards SET owner = NULL
        WHERE shard IN (SELECT shard FROM shards WHERE owner = me ORDER BY slot LIMIT has - fair);
    ELSIF has < fair THEN
        WITH free AS MATERIALIZED (
            SELECT shard FROM shards AS s WHERE location = place AND (owner IS NULL OR (mine >= 3 AND NOT EXISTS (
                SELECT FROM workers AS w WHERE w.id = s.owner AND w.until > now())))
            LIMIT fair - has FOR UPDATE SKIP LOCKED
        )
        UPDATE shards AS s SET owner = me, epoch = s.epoch + 1 FROM free WHERE s.shard = free.shard;
    END IF;
    RETURN QUERY SELECT shard, slot, epoch FROM shards WHERE owner = me ORDER BY shard;
END
$$;
