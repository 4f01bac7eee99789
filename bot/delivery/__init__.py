"""Words, messages and the sender."""
