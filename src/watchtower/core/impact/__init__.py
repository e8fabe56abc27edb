"""What an incident costs: expected minus observed, by flow."""
