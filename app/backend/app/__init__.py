"""Backend of the Todo chatbot: accounts and tasks over HTTP, kept in PostgreSQL."""

__version__ = "0.1.0"
