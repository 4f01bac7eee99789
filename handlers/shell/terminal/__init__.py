"""What the commands share: opening the database, asking, wrapping and printing."""
