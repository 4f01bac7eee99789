"""Engine, types, prepared statements, upsert, schema."""
