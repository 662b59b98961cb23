"""Writes about customers, one business action a function."""
