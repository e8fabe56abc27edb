"""What a cell of several daemons on one PostgreSQL promises, held against what a receiver heard and what the store has."""
