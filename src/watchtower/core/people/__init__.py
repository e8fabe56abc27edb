"""Roles, escalation, and who is informed."""
