"""Who is on call: schedules, their rotations and shifts."""
