"""Who is who: roles, rotas, escalation, and who is informed."""
