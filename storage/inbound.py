"""Raw things that came in."""
