"""Changes that people and CI report: deployments, configuration, campaigns. They are noted to the incidents that follow."""
