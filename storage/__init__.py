"""Remember: the only room that speaks SQL. Imports nothing from above."""
