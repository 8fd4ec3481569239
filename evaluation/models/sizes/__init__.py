"""Effects in standard deviations, months, and shares of variance."""
