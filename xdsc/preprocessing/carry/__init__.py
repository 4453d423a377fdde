"""Another Dataset, brought in line with the fitted one: names, units, grid."""
