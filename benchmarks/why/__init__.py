"""The figures and pictures of docs/why-it-paged.md, from the real detector: `python -m benchmarks.why`."""
