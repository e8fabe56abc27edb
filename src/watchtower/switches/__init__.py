"""Executes the actions of degradation plans: an HTTP call, a program, a file. A run is recorded first and
executed at least once, under one key."""
