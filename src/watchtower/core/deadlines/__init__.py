"""The clocks of an incident: targets per level, and compliance duties."""
