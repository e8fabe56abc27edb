"""Explains checks and incidents, in words and as a plot in the terminal: a file for each kind of thing."""
