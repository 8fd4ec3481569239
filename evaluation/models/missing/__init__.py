"""Values that are missing: drawn by a multilevel model, and what was estimated from each completed set put together."""
