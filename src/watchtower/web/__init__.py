"""What the daemon shows over HTTP: the board, the brief of an incident, the API, pushes in."""
