"""Report rules: figures and the weekly summary."""
