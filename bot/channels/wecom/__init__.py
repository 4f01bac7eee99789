"""WeCom, the way out."""
