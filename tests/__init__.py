"""The tests: pure ones beside real ones; `tests.parts` starts the real servers."""
