"""Bodies by subject."""
