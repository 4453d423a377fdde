"""What the networks look like, and what each of them minimises."""
