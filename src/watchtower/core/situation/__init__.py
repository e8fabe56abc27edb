"""What is known, ruled out, open, tried and said: what a newcomer would ask."""
