"""Maps of regimes: charts and their cells, what is drawn on them, and the figure of all."""
