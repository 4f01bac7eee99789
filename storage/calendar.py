"""Schedules of the State Council, by year."""
