"""A chat without a network: it writes the rows of the web inbox, and who is written to counts as told."""

from dataclasses import replace

from bot.channels.inbox import InboxChannel


class Chat(InboxChannel):
    """As fast as the database takes the rows."""

    name = "chat"
    abilities = replace(InboxChannel.abilities, pull=False)
