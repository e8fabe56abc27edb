-- Daemons of two versions share the schema while one after the other is updated. `contract`: this step took something away,
-- so who does not know it may not go on. `program`: the version that carried it out. `knows`: the newest step that a daemon
-- which stands by has.
ALTER TABLE schema_version
    ADD COLUMN contract BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN program  TEXT NOT NULL DEFAULT '';
ALTER TABLE standbys ADD COLUMN knows INTEGER NOT NULL DEFAULT 14;
