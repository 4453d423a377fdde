"""The strength of each regime at each time step, and its life cycles."""
