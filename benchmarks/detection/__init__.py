"""How soon a silence is seen: against the limit that the information sets, against fixed windows, and at what cost."""
