"""HTTP for probes at the least CPU: one libcurl multi handle in a thread of its own.

Requests are handed to the thread in batches (one wake-up for all that start in the same turn of the event
loop) and come back in batches (one `call_soon_threadsafe` for all that ended together), because wake-ups cost
more than the work. The thread sleeps in the kernel while nothing happens.

A probe asks whether a *new* client would be served, so by default every request resolves the name, connects
and shakes hands anew. Nothing is taken from the environment: no proxy, no netrc, no cookies.
"""

from watchtower.curl.exchange import FetchError, Phases, Request, Response
from watchtower.curl.fleet import CurlFleet
from watchtower.curl.handle import HTTP_VERSIONS

__all__ = ["HTTP_VERSIONS", "CurlFleet", "FetchError", "Phases", "Request", "Response"]
