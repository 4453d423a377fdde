"""Which dimension and which coordinate is what, and whether it can be relied on."""
