"""Acceptance gate for a Todo application on Kubernetes, as a pytest plugin."""
