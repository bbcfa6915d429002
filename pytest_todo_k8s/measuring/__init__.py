"""How times, pages and containers are measured; nothing here gives a verdict."""
