"""What the gate uses outside Python: processes, the container engine, Helm, secrets."""
