"""Everything that starts from labels, whoever made them."""
