"""What goes to schools and comes back from them."""

from evaluation.exchange.issues import Checked, check
from evaluation.exchange.request import Requested, request, request_records

__all__ = ["Checked", "Requested", "check", "request", "request_records"]
