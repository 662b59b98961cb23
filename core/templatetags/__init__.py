"""Template tags of the house; docs/ui.md shows how pages are composed from them."""
