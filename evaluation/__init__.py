"""Evaluate school improvement: cleaning, multilevel models and reports, each in a room of its own."""
