"""The steps of the preparation, one a file."""
