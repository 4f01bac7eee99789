"""Message rules: pacing and retries."""
