"""What the bot answers: one function a command; each says what was understood, which ticket, and the time recorded."""
