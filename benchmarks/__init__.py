"""Measurements, each against a yardstick in the same run: see README.md."""
