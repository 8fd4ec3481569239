"""What goes to schools and comes back from them."""

from evaluation.exchange.issues import Checked, check

__all__ = ["Checked", "check"]
