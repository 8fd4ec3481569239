"""Yes/no outcomes in percentage points."""
