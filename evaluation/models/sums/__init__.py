"""From frames and formulas to sums of products, cell by cell."""
