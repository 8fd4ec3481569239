"""Synthetic studies for benchmarks/questions.py: schools chosen in several ways, effects of known size planted.

Pupils and scores are drawn as `evaluation.simulate` draws them, from a larger pool of schools where schools are to be chosen from one, and
without ends of the scale, so that a planted effect is found whole. What every question should find is kept beside the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment

from evaluation.impact.nearness import LEAST_KM, nearest_km
from evaluation.simulate.population import CLASS_SIZES, carried
from evaluation.simulate.schools import COMPARISON, SCHOOLS, SUPPORTING, TAKING_PART
from evaluation.simulate.truth import WAVES, Truth

Places = npt.NDArray[np.int64]
Generator = np.random.Generator
Chosen = tuple[Places, Places]
NORM = 100.0
SHARE = float(np.mean([school.share for school in SCHOOLS]))  # of pupils who are disadvantaged
THRESHOLD = 93  # `expected` of the demo study's test
APART = 200_000  # metres between one copy of the project and the next
HALVES = ("2023-11-01", "2024-04-01")  # a day before the wave in between, and one after it
DAYS = 4.0  # of support to be expected in each half of the year
NEED = 0.5  # by how much the dose grows, of itself, for each standard deviation that a school started lower
HOURS, RATE, SD = (
    10.0,
    -0.6,
    15.0,
)  # of help a pupil has who has any; log odds of help for a pupil at the norm; of the test
SCHOOL = ["school", "phase", "role", "cluster"]


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true of a study's effects, in points.

    Attributes
    ----------
    others : on every pupil of a school taking part.
    disadvantaged : what disadvantaged pupils gain beyond that.
    by_year : what a year group gains beyond that.
    per_doubling : for each doubling of the distance to the next school taking part, about the schools' mean.
    per_day : for each day of support, about the schools' mean.
    supporting : on pupils of supporting schools.
    helped : on pupils who had help, of schools taking part: teachers choose those with a low first test.
    beyond : how much teachers choose by what no test shows them as well: how the pupil would do at the last, in standard deviations.
    gap : disadvantaged pupils minus others, whatever is done.
    """

    name: str
    others: float = 0.0
    disadvantaged: float = 0.0
    by_year: Mapping[str, float] = field(default_factory=dict)
    per_doubling: float = 0.0
    per_day: float = 0.0
    supporting: float = 0.0
    helped: float = 0.0
    beyond: float = 0.0
    gap: float = -6.0


@dataclass(frozen=True, slots=True)
class Pool:
    """The schools that may be chosen from, and all their pupils, of whom nobody has gained anything.

    Attributes
    ----------
    schools : place, school, phase, supports, and mean: of the first test as observed.
    pupils : place, class, year_group, disadvantaged, a column a wave with the score and one (`no_<wave>`) whether it is missing, first and
        last: what is expected of the pupil in this class; own and own_gap: the school's part in the last score, and in its gap, beyond what
        the first tells of them.
    """

    schools: pd.DataFrame
    pupils: pd.DataFrame

    def of(self, phase: str) -> Places:
        """Places of the schools of a phase that may take part or be compared with."""
        return np.flatnonzero((self.schools["phase"] == phase) & ~self.schools["supports"])


@dataclass(frozen=True, slots=True)
class Design:
    """How schools come to take part, and with whom they are compared.

    Attributes
    ----------
    kind : the study file's word for the comparison.
    copies, projects : how many times the demo project's thirty schools the pool has, and its ten project schools the study.
    choose : from the pool, a phase and how many take part, the places of those who do and of those compared with.
    chosen : whether that is by the first test.
    """

    name: str
    kind: str
    copies: int
    projects: int
    chosen: bool
    choose: Callable[[Generator, Pool, str, int], Chosen]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One study as its store has it, and what is true of it.

    Attributes
    ----------
    analysis, schools, support, interventions : the store's tables.
    hidden : row by row of `analysis`, effect, halfway (at the wave in between), lifted (1 where the effect alone brings the pupil to the
        expected standard), and first, last, own and own_gap of the pool, effects included.
    """

    analysis: pd.DataFrame
    schools: pd.DataFrame
    support: pd.DataFrame
    interventions: pd.DataFrame
    hidden: pd.DataFrame


def by_lot(rng: Generator, pool: Pool, phase: str, treated: int) -> Chosen:
    """Schools of the phase take part by lot; all others are compared with."""
    shuffled = rng.permutation(pool.of(phase))
    return shuffled[:treated], shuffled[treated:]


def by_match(rng: Generator, pool: Pool, phase: str, treated: int) -> Chosen:
    """Schools with a low first test rather take part; compared with are those nearest to them in its mean, five to two."""
    places, means = pool.of(phase), pool.schools["mean"].to_numpy()
    keen = means[places] + rng.normal(0, means[places].std(), len(places))
    taking, others = np.split(places[np.argsort(keen)], [treated])
    slots = np.resize(taking, round(2.5 * treated))
    apart = np.abs(means[slots][:, None] - means[others][None, :])
    return taking, others[linear_sum_assignment(apart)[1]]


def alone(rng: Generator, pool: Pool, phase: str, treated: int) -> Chosen:
    """Any schools of the phase take part; nobody is compared with."""
    return by_lot(rng, pool, phase, treated)[0], np.array([], dtype=np.int64)


def lowest(rng: Generator, pool: Pool, phase: str, treated: int) -> Chosen:
    """The schools with the lowest first test take part; nobody is compared with."""
    places = pool.of(phase)
    order = np.argsort(pool.schools["mean"].to_numpy()[places])
    return places[order[:treated]], np.array([], dtype=np.int64)


def draw(rng: Generator, design: Design, planted: Planted, truth: Truth) -> Drawn:
    """One study of a design, with effects planted; `truth` has the variances and who misses tests."""
    pool = _pool(rng, design.copies, truth, planted.gap)
    schools = _register(rng, pool, design)
    support = _support(rng, schools)
    at = np.full(len(pool.schools), -1)
    at[schools["place"]] = np.arange(len(schools))
    pupils = pool.pupils.assign(at=at[pool.pupils["place"]])
    pupils = pupils[pupils["at"] >= 0].reset_index(drop=True)
    pupils[SCHOOL] = schools[SCHOOL].take(pupils["at"]).reset_index(drop=True)
    had = _had_help(rng, planted, pupils, truth.correlation)
    effects = _effects(planted, pupils.assign(helped=had), schools, support)
    before = pupils[list(WAVES)].to_numpy()
    scores = np.rint(before + effects)
    lifted = (scores[:, -1] >= THRESHOLD).astype(float) - (np.rint(before[:, -1]) >= THRESHOLD)
    scores[pupils[[f"no_{wave}" for wave in WAVES]].to_numpy()] = np.nan
    hidden = pupils[["first", "last", "own", "own_gap"]].assign(
        effect=effects[:, -1], halfway=effects[:, 1], lifted=lifted
    )
    hidden["last"] += hidden["effect"]
    analysis = _analysis(pupils, scores)
    help_given = analysis.loc[had, ["pupil", "school"]].assign(started=pd.Timestamp(HALVES[0]), hours=HOURS)
    return Drawn(analysis, schools, support, help_given, hidden)


def _pool(rng: Generator, copies: int, truth: Truth, gap: float) -> Pool:
    """The demo project's schools, so many times over, with pupils and scores of their own."""
    listed = [school for _ in range(copies) for school in SCHOOLS]
    rooms = [
        (place, f"{year}{'ABCDEFGH'[number]}", year)
        for place, school in enumerate(listed)
        for year in school.year_groups
        for number in range(school.classes)
    ]
    places, labels, years = (np.array(column) for column in zip(*rooms, strict=True))
    room = np.repeat(np.arange(len(rooms)), rng.integers(*CLASS_SIZES, endpoint=True, size=len(rooms)))
    place = places[room]
    poor = (rng.random(len(room)) < np.array([school.share for school in listed])[place]).astype(float)
    of_school = carried(rng, truth, len(listed), truth.school_sd)
    of_gap = gap + carried(rng, truth, len(listed), truth.gap_sd)
    of_class = carried(rng, truth, len(rooms), truth.class_sd)
    # The pool is as the norm sample is, so that chosen schools come back to the norm.
    expected = NORM - gap * SHARE + of_school[place] + of_gap[place] * poor[:, None] + of_class[room]
    scores = expected + carried(rng, truth, len(room), truth.pupil_sd)
    missing = rng.random(scores.shape) < np.array(truth.missing)[:, poor.astype(int)].T
    own, own_gap = (part[:, -1] - truth.correlation * part[:, 0] for part in (of_school, of_gap - gap))
    pupils = pd.DataFrame(
        {
            "place": place,
            "class": labels[room],
            "year_group": years[room],
            "disadvantaged": poor,
            **dict(zip(WAVES, scores.T, strict=True)),
            **{f"no_{wave}": lacks for wave, lacks in zip(WAVES, missing.T, strict=True)},
            "first": expected[:, 0],
            "last": expected[:, -1],
            "own": own[place] + own_gap[place] * poor,
            "own_gap": own_gap[place],
        }
    )
    seen = np.where(missing[:, 0], np.nan, np.rint(scores[:, 0]))
    schools = pd.DataFrame(
        {
            "school": [f"{at:03d}" for at in range(len(listed))],
            "phase": [school.phase for school in listed],
            "supports": [school.role == SUPPORTING for school in listed],
            "mean": pd.Series(seen).groupby(place).mean(),
        }
    )
    return Pool(schools.rename_axis("place").reset_index(), pupils)


def _register(rng: Generator, pool: Pool, design: Design) -> pd.DataFrame:
    """The study's schools: place, school, phase, role, cluster, easting, northing, mean. Those taking part are where the demo's are."""
    seats = [
        (school, copy)
        for copy in range(design.projects)
        for school in SCHOOLS
        if school.role in (TAKING_PART, SUPPORTING)
    ]
    rows = []
    for phase in ("primary", "secondary"):
        here = [(school, copy) for school, copy in seats if school.phase == phase]
        own = [seat for seat in here if seat[0].role == TAKING_PART]
        lent = [seat for seat in here if seat[0].role == SUPPORTING]
        taking, others = design.choose(rng, pool, phase, len(own))
        supporting = np.flatnonzero((pool.schools["phase"] == phase) & pool.schools["supports"])
        for place, (school, copy) in [*zip(taking, own, strict=True), *zip(supporting, lent, strict=False)]:
            cluster = f"{school.cluster} {copy}" if school.cluster else ""
            rows.append((place, school.role, cluster, school.easting + APART * copy, school.northing))
        rows += [(place, COMPARISON, "", np.nan, np.nan) for place in others]
    found = pd.DataFrame(rows, columns=["place", "role", "cluster", "easting", "northing"])
    found = pool.schools.drop(columns="supports").merge(found, on="place")
    return found.astype(dict.fromkeys(("phase", "role", "cluster"), "category"))


def _support(rng: Generator, schools: pd.DataFrame) -> pd.DataFrame:
    """Days of support of each half of the year and school taking part: the more, the lower the school started."""
    taking = schools[schools["role"] == TAKING_PART]
    low = (taking["mean"].mean() - taking["mean"]) / taking["mean"].std()
    mean = DAYS * np.exp(NEED * low.to_numpy())
    days = np.round(2 * rng.gamma(4.0, mean / 4.0, size=(len(HALVES), len(taking)))) / 2
    return pd.concat(
        [
            pd.DataFrame({"date": pd.Timestamp(day), "school": taking["school"].to_numpy(), "days": of_half})
            for day, of_half in zip(HALVES, days, strict=True)
        ],
        ignore_index=True,
    )


def _had_help(
    rng: Generator, planted: Planted, pupils: pd.DataFrame, correlation: float
) -> npt.NDArray[np.bool_]:
    """Which pupils of schools taking part have help: rather those with a low first test; one without a first test as one at the norm."""
    first, last = (pupils[wave] - NORM for wave in (WAVES[0], WAVES[-1]))
    low = -first.where(~pupils[f"no_{WAVES[0]}"], 0.0) / SD
    odds = RATE + low - planted.beyond * (last - correlation * first) / SD
    return (rng.random(len(pupils)) < 1 / (1 + np.exp(-odds))) & (pupils["role"] == TAKING_PART).to_numpy()


def _effects(
    planted: Planted, pupils: pd.DataFrame, schools: pd.DataFrame, support: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """Each pupil's effect at each wave (pupils, waves): none at the first, half in between."""
    taking = schools[schools["role"] == TAKING_PART].set_index("school")
    doublings = np.log2(nearest_km(taking.reset_index()).clip(lower=LEAST_KM))
    days = support["days"].to_numpy().reshape(len(HALVES), len(taking)).T
    of_school = pd.DataFrame(0.0, index=schools["school"], columns=["treated", "apart", "first", "second"])
    of_school.loc[taking.index, "treated"] = 1.0
    of_school.loc[taking.index, "apart"] = planted.per_doubling * (doublings - doublings.mean())
    of_school.loc[taking.index, ["first", "second"]] = planted.per_day * (days - days.mean(axis=0))
    treated, apart, first, second = of_school.to_numpy()[pupils["at"].to_numpy()].T
    year = pupils["year_group"].map(dict(planted.by_year)).fillna(0.0).to_numpy(float)
    full = treated * (planted.others + planted.disadvantaged * pupils["disadvantaged"].to_numpy() + year)
    full += apart + planted.supporting * (pupils["role"] == SUPPORTING).to_numpy()
    full += planted.helped * pupils["helped"].to_numpy()
    reached = np.outer(full, (0.0, 0.5, 1.0))
    reached[:, 1] += first
    reached[:, 2] += first + second
    return reached


def _analysis(pupils: pd.DataFrame, scores: npt.NDArray[np.float64]) -> pd.DataFrame:
    """The analysis table, as `evaluation.derive` makes it."""
    table = pupils[["class", "year_group", "disadvantaged", *SCHOOL]].copy()
    table.insert(0, "pupil", np.arange(len(table)).astype(str))
    table["joined_late"] = False
    table[["sex", "eal", "send"]] = None, np.nan, np.nan
    table["treated"] = (table["role"] == TAKING_PART).astype("int64")
    table[list(WAVES)] = scores
    table["in_population"] = table["role"] != SUPPORTING
    for name in ("baseline", "disadvantaged"):
        mean = table[name].where(table["in_population"]).groupby(table["school"]).transform("mean")
        table[f"{name}_school"], table[f"{name}_within"] = mean, table[name] - mean
    return table


DESIGNS = (
    Design("randomised", "randomised", 1, 1, False, by_lot),
    Design("randomised, twice the schools", "randomised", 2, 2, False, by_lot),
    Design("matched", "matched", 2, 1, True, by_match),
    Design("no comparison", "norm", 1, 1, False, alone),
    Design("no comparison, lowest schools", "norm", 2, 1, True, lowest),
)
PLANTED = (
    Planted("nothing", gap=0.0),
    Planted("everyone", others=3.0, supporting=-3.0),
    Planted("disadvantaged", disadvantaged=3.0),
    Planted("by year group", by_year={"2": 6.0, "4": 3.0}),
    Planted("by distance and support", others=3.0, per_doubling=1.0, per_day=0.5),
    Planted("helped", helped=4.0),
    Planted("helped, chosen beyond the test", helped=4.0, beyond=0.5),
)
