"""Signatures that vendors ask of a request: for probes, channels and whatever else calls them."""
