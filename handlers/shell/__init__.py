"""The operator's shell: `python -m bot …`, one small file per command."""
