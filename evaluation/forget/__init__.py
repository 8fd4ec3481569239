"""Withdraw a pupil or a school, or end retention: every derived trace removed, and proved so."""

from pathlib import Path

from evaluation.forget.ask import Asked, asked
from evaluation.forget.plan import Plan, plan
from evaluation.forget.removal import Forgotten, carry_out
from evaluation.forget.retention import Ended, Retention
from evaluation.sources import Step
from evaluation.study import Study

__all__ = ["Asked", "Ended", "Forgotten", "Plan", "Retention", "asked", "do", "prepare"]


def prepare(study: Study, root: Path, whom: Asked, step: Step) -> Plan | Retention:
    """What would be done to forget those asked for; see `plan.plan`."""
    return Retention(study, root) if whom.everything else plan(study, root, whom, step)


def do(prepared: Plan | Retention, day: str, step: Step) -> Forgotten | Ended:
    """Do what was prepared; see `removal.carry_out`."""
    return prepared.end(day) if isinstance(prepared, Retention) else carry_out(prepared, day, step)
