"""The bot: rules decide, actions record, channels and delivery carry out."""
