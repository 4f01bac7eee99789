"""Tickets, journal, policies, requests, evidence, inbound, sources."""
