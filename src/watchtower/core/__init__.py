"""The pure core: events in, decisions out. Reads no clock, opens no socket, touches no disk."""
