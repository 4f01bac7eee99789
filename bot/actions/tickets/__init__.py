"""Ticket actions: intake, moves, requests, the watch, matching to accounts."""
