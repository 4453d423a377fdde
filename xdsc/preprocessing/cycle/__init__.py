"""The mean annual and daily cycle, and a trend beside it."""
