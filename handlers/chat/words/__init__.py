"""The grammar: how typed text is folded, and how numbers and moments in it are read."""
