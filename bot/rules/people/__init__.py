"""People rules: who is told, leave, matching names, reading a roster."""
