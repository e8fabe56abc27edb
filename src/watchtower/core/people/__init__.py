"""Who is who: roles, schedules, escalation, and who is informed."""
