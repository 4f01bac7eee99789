"""Units, people, accounts, duties, addresses, leave."""
