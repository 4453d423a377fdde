"""Methods without a network: the rows of scikit-learn and hmmlearn behind one adapter."""
