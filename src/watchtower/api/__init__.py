"""`/api/v1`: JSON for programs, what guards it, and the client that the commands use."""
