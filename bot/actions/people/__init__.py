"""People actions: the register, binding addresses, leave, sign-in links."""
