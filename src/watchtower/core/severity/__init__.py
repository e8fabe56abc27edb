"""The severity of an incident: the matrix, and how the severity changes."""
