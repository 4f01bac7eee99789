"""Makes the roots that prove the journals, and checks everything against them."""
