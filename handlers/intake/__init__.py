"""How tickets come in: spreadsheets now; paste, push, poll and mail through the same door."""


class InputRefused(Exception):
    """A whole input cannot be read; the message names the fix, in Chinese."""
