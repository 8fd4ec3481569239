"""What goes to schools and comes back from them."""

from evaluation.exchange.issues import Checked, check
from evaluation.exchange.mapping import Proposal, propose_map
from evaluation.exchange.request import Requested, request, request_records

__all__ = ["Checked", "Proposal", "Requested", "check", "propose_map", "request", "request_records"]
