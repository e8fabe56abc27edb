"""What a person hears when much fails at once, beside Prometheus and Alertmanager in the same run."""
