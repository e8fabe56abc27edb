"""What watching costs: CPU and memory of a check, and how soon a bad answer is a page; beside Prometheus with
blackbox_exporter and Alertmanager, and beside the bare floor of an asyncio loop. `python -m benchmarks.overhead`."""
