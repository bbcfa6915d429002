"""Clusters: what the gate asks of one, one module per provider, API access and diagnosis."""
