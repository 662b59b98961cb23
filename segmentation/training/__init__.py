"""Making of groups of customers with libraries that no request ever loads; what leaves it are numbers."""
