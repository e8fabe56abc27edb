"""Drills: the whole path with real pages, marked as a drill, and who answered when."""
