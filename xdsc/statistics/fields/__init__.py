"""Composites of fields, their anomalies and their significance."""
