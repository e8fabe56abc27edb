"""A shop to break while watchtower watches it (docs/demo-shop.md). It is no part of what is installed."""
