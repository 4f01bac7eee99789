"""The HTTP side: webhooks and health now; board and API later."""
