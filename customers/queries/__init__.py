"""Reads about customers, every one within the reader's scope."""
