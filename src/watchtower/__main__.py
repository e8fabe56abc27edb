"""`python -m watchtower`."""

from watchtower.cli import main

main()
