"""The chat platforms people answer on: how each is read and where its updates come from."""
