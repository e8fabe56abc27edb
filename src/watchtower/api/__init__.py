"""`/api/v1`: JSON for programs, its access control, and the client of the commands."""
