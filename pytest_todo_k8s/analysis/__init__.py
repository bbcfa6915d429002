"""Built-in analysers: deterministic, read-only; what assistants advise on, worked out from facts."""
