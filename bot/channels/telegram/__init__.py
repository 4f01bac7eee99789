"""Telegram, the way out."""
