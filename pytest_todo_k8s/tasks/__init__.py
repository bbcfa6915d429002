"""The project's task list, T001 to T099: what does each of them here, and what came of it in a run."""
