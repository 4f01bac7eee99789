"""Questions the bot waits for an answer to."""
