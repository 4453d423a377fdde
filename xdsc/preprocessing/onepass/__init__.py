"""Statistics of all steps in one pass over the chunks, in bounded memory."""
