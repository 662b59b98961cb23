"""The views behind lending's pages."""
