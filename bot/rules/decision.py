"""What a rule returns: the ticket after, lines for its journal, messages to put."""

from dataclasses import dataclass

from storage.records import JournalDraft, MessageDraft, Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Recorded as a whole or not at all."""

    ticket: Ticket  # `version` is the one it was read at
    journal: tuple[JournalDraft, ...] = ()
    messages: tuple[MessageDraft, ...] = ()
    supersede: str = ""  # a reason to take back what still waits to be said about the ticket


class MoveRefused(Exception):
    """A person asked for something that cannot be done; `key` names the sentence in the texts, `params` fill it."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params
