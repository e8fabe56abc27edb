"""Silences, maintenance windows and inhibition: they hold back pages, never an incident, its log, or an all-clear."""
