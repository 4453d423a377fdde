"""Figures of how far apart regimes are: time steps in a plane, and silhouettes."""
