"""A fit from a Dataset to its record."""
