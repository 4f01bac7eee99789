"""Decide: pure functions; values and `now` in, a decision out. No IO, no clock, no SQL."""
