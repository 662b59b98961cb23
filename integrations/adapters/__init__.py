"""One module a partner: speaks its protocol, checks its signatures, turns its answers into the types of `ports`."""
