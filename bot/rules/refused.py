"""The one error of the rules: somebody asked for what cannot be done."""


class MoveRefused(Exception):
    """A person asked for something that cannot be done; `key` names the sentence in the texts, `params` fill it."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params
