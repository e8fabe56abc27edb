"""The board at `/`: flows with their curves, what is wrong with them, who is on call, and how watchtower itself is."""
