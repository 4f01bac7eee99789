"""Load, decide, record, in one transaction; an action never sends."""
