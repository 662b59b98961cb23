"""The pages about listings and loans, and lending's part of the customer page."""
