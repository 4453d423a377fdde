"""Questions about other Datasets: brought in line, and answered at once or block by block."""
