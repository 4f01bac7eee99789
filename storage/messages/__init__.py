"""Outbox, claims, inbox items, files, pending questions."""
