"""Reads about judgement."""
