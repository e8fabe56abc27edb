"""Ten thousand flows: what watching them costs, all in, beside Prometheus on the same targets."""
