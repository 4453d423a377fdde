"""What a fit is: what it was told, the method that it has fitted, and what that has found."""
