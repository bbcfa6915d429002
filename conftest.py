"""What pytest must know before it collects: `tests/plugin` runs pytest in pytest; collected tests are no garbage."""

import gc

pytest_plugins = ["pytester"]
# Thousands of tests stay until the end; the collector would look through them again and again.
gc.set_threshold(200_000, 50, 100)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later look."""
    gc.collect()
    gc.freeze()
