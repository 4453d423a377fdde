"""Methods with a network: one class of their arguments and their training, and its rows."""
