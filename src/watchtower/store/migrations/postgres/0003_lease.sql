-- Who of several daemons on this schema leads. `term` is a new random one at each taking; every transaction of a leader
-- ends with `fence(term)`, which holds the row while that transaction commits, or raises where another has taken over.
CREATE TABLE lease (
    cell     TEXT PRIMARY KEY,
    epoch    BIGINT NOT NULL,
    term     UUID NOT NULL,
    beat     BIGINT NOT NULL,
    released BOOLEAN NOT NULL,
    watched  BIGINT NOT NULL DEFAULT 0,
    owner    TEXT NOT NULL,
    url      TEXT NOT NULL
);
-- Through this index taking the lease locks as a change of key does, which waits for fences; a beat does not.
CREATE UNIQUE INDEX lease_term ON lease (cell, epoch, term);

CREATE FUNCTION fence(mine UUID) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM lease WHERE cell = 'main' AND term = mine FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another daemon leads' USING ERRCODE = 'WT001';
    END IF;
END
$$;
