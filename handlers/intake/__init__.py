"""How tickets come in: spreadsheets now; paste, push, poll and mail through the same door."""
