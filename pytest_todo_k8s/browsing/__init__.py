"""A real browser before the application: how soon a page shows something, and a user's way by clicks and keys."""
