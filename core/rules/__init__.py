"""Pure kernel rules."""
