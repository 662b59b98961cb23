"""Pure lending arithmetic and decisions: dates and amounts are passed in, nothing is read or written."""
