"""Addresses of borrowing and lending: quotes, products, applications, listings, bids, loans, investments."""
