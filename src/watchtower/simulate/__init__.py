"""A fault that has not happened yet, on a fake clock: who would be told what, and when?

Fault (what a check sees, from when, how long) -> observations -> Replay -> lines
"""
