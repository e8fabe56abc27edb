"""Notes that people write to an incident: what is known, open, tried, needed, said."""
