"""From sums to a fit: the problem they pose, the likelihood, its optimum and what follows from it alone."""
