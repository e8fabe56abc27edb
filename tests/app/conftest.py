"""Every store that there is."""

from tests.store.conftest import store, url

__all__ = ["store", "url"]
