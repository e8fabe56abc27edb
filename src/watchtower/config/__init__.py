"""TOML -> Plan: read, expand, validate, cross-check, compile; every problem collected, nothing started on a wrong file.

`load.load` does it all; `settings.read` is the environment's part.
"""
