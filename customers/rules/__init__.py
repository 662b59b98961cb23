"""Pure rules about who a customer is: identity numbers and names."""
