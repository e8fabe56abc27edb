"""The engine and its stages, a file each: events in, decisions out."""
