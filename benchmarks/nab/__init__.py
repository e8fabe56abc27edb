"""The anomaly detector on the public Numenta Anomaly Benchmark, scored by NAB's own scorer."""
