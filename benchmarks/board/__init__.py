"""What the board costs: its first byte, its size, and the engine's delay with and without viewers."""
