"""Acts of collection work."""
