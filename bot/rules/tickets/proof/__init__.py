"""What the journals prove: the tree over them, and what they say of the rows."""
