"""Starters of real servers, one file each: a context manager that yields a server that answers, and stops it.

    with Nginx(server='location /slow { return 504; }') as nginx:
        requests.get(nginx.url("/slow"))

Each instance has its own free port on loopback and its own temporary directory, so many may run side by side.
The fixtures of `tests/conftest.py` share one instance per test process.
"""
