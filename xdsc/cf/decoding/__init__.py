"""Whether a variable holds values, or what a file packs them in and fills gaps with."""
