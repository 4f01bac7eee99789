"""The append-only, hash-chained story of each ticket."""
