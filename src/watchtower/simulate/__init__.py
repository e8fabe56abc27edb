"""Simulates a fault on a simulated clock: who would be paged when?

Fault (what a check sees, from when, how long) -> observations -> Replay -> lines
"""
