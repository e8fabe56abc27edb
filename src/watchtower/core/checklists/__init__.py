"""Procedures as checklists: steps with an owner and a due time."""
