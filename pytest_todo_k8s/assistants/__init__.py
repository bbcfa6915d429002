"""Assistants: adapters for AI tools that may propose and never act; without one the built-in analysers answer alone."""
