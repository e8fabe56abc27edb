"""Texts in two languages: units, durations, phrases."""
