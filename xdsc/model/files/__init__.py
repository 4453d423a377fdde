"""The record of a fit in a file, and back."""
