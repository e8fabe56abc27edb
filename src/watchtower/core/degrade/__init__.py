"""Degradation plans: suggested, approved, run, verified, rolled back."""
