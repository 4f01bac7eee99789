"""The WeChat official account, the way out."""
