"""Message actions: claiming, recording results, hearing updates, short numbers."""
