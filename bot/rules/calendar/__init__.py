"""Calendar rules: working days, office hours, deadlines, notices."""
