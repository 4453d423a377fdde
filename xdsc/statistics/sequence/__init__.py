"""Labels in the order of time: how often, how long, what follows, and what moves with it."""
