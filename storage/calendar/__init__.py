"""Notices, closures, and the schedules made of them."""
