"""Tickets: one row each, with the moment the tick must look again."""
