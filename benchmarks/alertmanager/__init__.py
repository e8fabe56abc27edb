"""Alerts of twenty Prometheus rules through watchtower and through Alertmanager."""
