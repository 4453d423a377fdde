"""Figures of what `xdsc.statistics` finds from labels."""
