"""The index of each regime by the numbers of a fit, for whatever that fit has labelled."""
