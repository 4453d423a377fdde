"""Regimes beside others: matched, compared, named and renumbered."""
