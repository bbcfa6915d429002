"""What pytest must know before it collects: `tests/plugin` runs pytest in pytest."""

pytest_plugins = ["pytester"]
