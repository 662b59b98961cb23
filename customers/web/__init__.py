"""The pages about customers: list, record, what to do."""
