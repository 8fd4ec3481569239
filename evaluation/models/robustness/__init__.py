"""The same question asked otherwise: refits and re-weightings, permutations, wild signs, a second engine."""
