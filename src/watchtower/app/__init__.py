"""The daemon: wiring, start, reload, and stop in reverse order."""
