"""Alertmanager's API v2, for what already speaks it: Prometheus, amtool, Grafana, karma. It has the fields of 0.25 and of now."""
