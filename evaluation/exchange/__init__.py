"""What goes to schools and comes back from them."""

from evaluation.exchange.issues import Checked, write_issue_lists, write_review_list

__all__ = ["Checked", "write_issue_lists", "write_review_list"]
