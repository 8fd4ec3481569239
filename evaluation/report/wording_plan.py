"""What pages say of the plan: whether it was locked, what has changed since, whom no file holds."""

from collections.abc import Mapping

ONE_CONTRAST, ONE_CHANGE = "one outcome and one contrast", "one outcome and one question, how it changed,"
NOT_LOCKED = "The plan was not locked beforehand, so nothing shows that questions and models were chosen before the results were seen."
LOCKED = "The plan was locked on {day}, before the main outcome was measured."
LOCKED_AFTER = (
    "The plan was locked on {day}, after the main outcome was measured: the lock shows what has changed since then, not "
    "that the plan was made without sight of results."
)
MARGIN_SET_ASIDE = (
    "Its margin of {margin} {unit}, below which a difference would be too small to matter, is not shown to have been fixed before the main outcome "
    "was measured, so that nothing is judged by it."
)
NAMED = "{main} were named beforehand as the main ones; the rest are secondary."
NAMED_OTHERWISE = (
    "{main} were named beforehand as the main ones; they have changed since, as the changes to the plan tell. The rest are "
    "secondary."
)
NOT_NAMED = (
    "The plan names {main} as the main ones, and the rest are secondary. Nothing shows that they were chosen before the "
    "results were seen."
)
UNCHANGED = "Nothing in it has changed since."
CHANGED = "Since then it has changed in what follows."
ABSENT = "{n} of them are in none of the files ({source}), and so not in the analysis."
NOT_IMPUTED = "{n} pupils of the population are in none of the files ({source}). Their scores cannot be imputed: nothing is known of them here."
UNREGISTERED = "The lock was made by an earlier version, which did not register everything: nothing shows whether {parts} are as they were on that day."
# Parts of the plan that older locks lack.
PLANNED = {
    "project": "the project’s first and last day",
    "schools": "the columns of the list of schools",
    "sources": "the columns and files that pupils, scores and records are read from",
    "published": "the published tables",
}
DEVIATION = "{part}: was {was}, is now {is_now}. {reason}"


def deviation(changed: Mapping[str, str]) -> str:
    """A change to the locked plan, with its reason."""
    reason = f"Reason given: {changed['reason'].rstrip('.')}." if changed["reason"] else "No reason is given."
    return DEVIATION.format_map({**changed, "reason": reason})
