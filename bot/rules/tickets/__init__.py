"""Ticket rules: life cycle, ladder, requests, undoing, who may do what."""
