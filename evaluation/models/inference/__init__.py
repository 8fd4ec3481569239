"""Standard errors, degrees of freedom, tests and intervals, one method a file."""
