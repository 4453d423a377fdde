"""Statistics of regimes: everything that starts from labels, whoever made them.

One question a file, as a function of a Dataset and its labels, which are aligned by
`xdsc.labels.labels_of` and never come with a model. What a statistic needs of a fit besides, such
as its climatology, is an argument.
"""
