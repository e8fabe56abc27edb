"""Checks that several locations make: their votes, what follows from them, and locations that are lost."""
