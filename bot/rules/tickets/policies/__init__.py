"""Which policy a ticket follows, and what a policy can never do."""
