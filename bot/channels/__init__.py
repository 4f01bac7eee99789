"""One small file per way out: one verb, one error."""
