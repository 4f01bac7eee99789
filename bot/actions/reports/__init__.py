"""Report actions: enqueueing each report once per recipient."""
