"""Wrong rules of who is told that somebody could write tomorrow: each must be noticed by a test beside its rule."""
