"""What people type: the table of commands, parsing, replies; one file per chat platform."""
