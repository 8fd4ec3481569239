"""Model formulas in lme4's notation: the fixed part is formulaic's, the bracketed terms are ours."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.transforms import TRANSFORMS
from formulaic.utils.variables import get_required_variables

from evaluation.errors import ModelError

_COLUMN = re.compile(r"`[^`]+`|[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """One correlated set of random effects, such as `1 + ses` by `("school",)`."""

    effects: str
    group: tuple[str, ...]

    @property
    def name(self) -> str:
        """The grouping factor's name, outermost column first: `school:class`."""
        return ":".join(self.group)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A parsed formula: what formulaic reads (`outcome`, `fixed`), the random terms, and the columns all need.

    Attributes
    ----------
    weights, offset : str
        Columns that weight the rows, or are taken off the outcome; "" for none.
    clusters : tuple of str
        Columns to divide the rows by besides the groups.
    crossed : bool
        Whether grouping factors may be crossed.
    """

    formula: str
    outcome: str
    fixed: str
    random: tuple[RandomTerm, ...]
    columns: tuple[str, ...]
    weights: str = ""
    offset: str = ""
    clusters: tuple[str, ...] = ()
    crossed: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that divide the rows into cells, outermost first."""
        grouping = [name for term in self.random for name in term.group]
        return tuple(dict.fromkeys([*self.clusters, *grouping]))

    def using(
        self, weights: str | None, offset: str | None, clusters: Sequence[str], crossed: bool
    ) -> "ModelSpec":
        """The same model with these columns besides."""
        extra = {name for name in (weights, offset, *clusters) if name}
        return replace(
            self,
            columns=tuple(sorted({*self.columns, *extra})),
            weights=weights or "",
            offset=offset or "",
            clusters=tuple(clusters),
            crossed=crossed,
        )

    def divided_by(self, column: str) -> "ModelSpec":
        """The same model with its rows divided by one more column."""
        return self.using(self.weights, self.offset, (*self.clusters, column), self.crossed)


@lru_cache(maxsize=256)
def read_formula(text: str) -> Formula:
    """Formulaic's reading of one part of a formula; it costs as much as a small fit, so it is kept."""
    return Formula(text)


@lru_cache(maxsize=256)
def parse_formula(formula: str) -> ModelSpec:
    """Read a formula such as `score ~ baseline + treated + (1 | school/class)`.

    `(a || g)` becomes one uncorrelated term an effect, `g/h` becomes `g` and `g:h`, as in lme4.

    Raises
    ------
    ModelError
        When the formula has no outcome, or a random term is not of these forms.
    """
    outcome, tilde, right = formula.partition("~")
    if (
        not tilde
        or not outcome.strip()
        or not right.strip()
        or "~" in right
        or re.search(r"\+\s*(\+|$)", right)
    ):
        raise ModelError(
            f"The formula {formula!r} cannot be read: it needs an outcome, one '~' and terms joined by '+', as in score ~ treated + (1 | school)."
        )
    parts = [part.strip() for part in _split(right, "+")]
    fixed = " + ".join(part for part in parts if "|" not in part) or "1"
    random = tuple(term for part in parts if "|" in part for term in _random_terms(part, formula))
    for i, term in enumerate(random):
        if term in random[:i]:
            raise ModelError(f"({term.effects} | {term.name}) stands twice in the formula {formula!r}.")
    try:
        columns = _columns(outcome, fixed, random)
    except FormulaicError as error:
        raise ModelError(f"The formula {formula!r} cannot be read: {str(error).splitlines()[0]}") from error
    return ModelSpec(formula.strip(), outcome.strip(), fixed, random, columns)


def _columns(outcome: str, fixed: str, random: tuple[RandomTerm, ...]) -> tuple[str, ...]:
    """Every data column these parts need, sorted."""
    used = {column for term in random for column in term.group}
    for part in (outcome.strip(), fixed, *(term.effects for term in random)):
        used |= variables(part)
    return tuple(sorted(used))


def variables(part: str) -> set[str]:
    """The data columns that one part of a formula needs.

    Formulaic's own account of them lacks those that only a stateful transform has, such as center(x).
    """
    factors = [factor for term in read_formula(part) for factor in term.factors]
    found = [factor.required_variables or get_required_variables(factor.expr) for factor in factors]
    return {str(name.root) for names in found for name in names if name.root not in TRANSFORMS}


def _split(text: str, separator: str) -> Iterator[str]:
    """Split at a separator, but never inside brackets or backticks."""
    depth, start, quoted = 0, 0, False
    for i, character in enumerate(text):
        quoted ^= character == "`"
        depth += 0 if quoted else (character in "([{") - (character in ")]}")
        if character == separator and depth == 0 and not quoted:
            yield text[start:i]
            start = i + 1
    yield text[start:]


def _random_terms(part: str, formula: str) -> Iterator[RandomTerm]:
    effects, bar, group = part[1:-1].partition("|")
    correlated = not group.startswith("|")
    bracketed = part.startswith("(") and part.endswith(")") and "|" not in group.removeprefix("|")
    if not (bracketed and effects.strip() and bar):
        raise ModelError(
            f"{part!r} in the formula {formula!r} is not a random term: write (1 | school), (1 + x | school), "
            "(x || school) or (1 | school/class), joined to the rest by '+'."
        )
    for columns in _groupings(group.removeprefix("|").strip(), formula):
        for effect in [effects.strip()] if correlated else _uncorrelated(effects):
            yield RandomTerm(effect, columns)


def _groupings(group: str, formula: str) -> Iterator[tuple[str, ...]]:
    columns: tuple[str, ...] = ()
    for step in _split(group, "/"):
        names = tuple(name.strip() for name in _split(step, ":"))
        for name in names:
            if not _COLUMN.fullmatch(name):
                raise ModelError(
                    f"{group!r} in the formula {formula!r} is not a grouping: name columns, as in school, "
                    "school/class (classes within schools) or school:class."
                )
        columns += tuple(name.strip("`") for name in names)
        yield columns


def _uncorrelated(effects: str) -> list[str]:
    terms = [str(term) for term in read_formula(effects)]
    return [term if term == "1" else f"0 + {term}" for term in terms]
