"""Pure ledger rules: which account is whose, which lines may be posted, what a payment result means."""
