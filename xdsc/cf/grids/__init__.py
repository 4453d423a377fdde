"""Cells of a grid: their edges, their areas, and which of them lie in a region."""
