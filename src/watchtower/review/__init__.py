"""The review of an incident as people read it: its document, its timeline, its times."""
