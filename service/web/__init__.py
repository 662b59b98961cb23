"""The pages about collection work."""
