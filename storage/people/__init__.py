"""Register, addresses, leaves, one-time codes."""
