"""The schools of the demo study: invented, in an invented local authority (code 999)."""

from dataclasses import dataclass

AUTHORITY = "999"
TAKING_PART, SUPPORTING, COMPARISON = "taking part", "supporting", "comparison"


@dataclass(frozen=True, slots=True)
class School:
    """One school, and how its pupil list comes.

    Attributes
    ----------
    laestab : seven digits, the invented authority's code first.
    classes : classes in each of the school's year groups.
    share : probability that one of its pupils is disadvantaged.
    system : layout of its pupil list: "sims", "arbor", "bromcom" or "authority".
    """

    laestab: str
    name: str
    phase: str
    role: str
    cluster: str
    easting: int
    northing: int
    classes: int
    share: float
    system: str = "authority"

    @property
    def slug(self) -> str:
        """The first word of the name, for file names."""
        return self.name.split()[0].lower()

    @property
    def year_groups(self) -> tuple[str, ...]:
        """The year groups the project works with here."""
        return ("2", "4") if self.phase == "primary" else ("7",)


def _project(role: str, *rows: tuple) -> tuple[School, ...]:
    return tuple(School(laestab, name, phase, role, *rest) for laestab, name, phase, *rest in rows)


def _comparison(*rows: tuple) -> tuple[School, ...]:
    return tuple(School(laestab, name, phase, COMPARISON, "", *rest) for laestab, name, phase, *rest in rows)


# Three clusters of three schools within a few kilometres; Farrowick is some 60 km from the rest.
SCHOOLS: tuple[School, ...] = (
    *_project(
        TAKING_PART,
        ("9992001", "Wendlemoor Primary School", "primary", "Wendle Valley", 431200, 318400, 2, 0.36, "sims"),
        ("9992002", "Ockerfold Primary School", "primary", "Wendle Valley", 432600, 319100, 1, 0.31, "arbor"),
        (
            "9992003",
            "Skerrowby Primary School",
            "primary",
            "Skerrow Moor",
            447900,
            331600,
            2,
            0.42,
            "bromcom",
        ),
        (
            "9992004",
            "Tidemarsh Primary School",
            "primary",
            "Tidewell Coast",
            462300,
            311000,
            2,
            0.33,
            "arbor",
        ),
        ("9992005", "Farrowick Primary School", "primary", "", 401700, 372500, 1, 0.28, "arbor"),
        ("9994001", "Larkhollow Academy", "secondary", "Wendle Valley", 431900, 317300, 5, 0.34, "arbor"),
        ("9994002", "Brannock High School", "secondary", "Skerrow Moor", 449100, 330700, 4, 0.38, "sims"),
        ("9994003", "Quaverley School", "secondary", "Tidewell Coast", 461100, 312400, 5, 0.30, "bromcom"),
    ),
    *_project(
        SUPPORTING,
        ("9992006", "Hesperdale Primary School", "primary", "Skerrow Moor", 446800, 332900, 2, 0.18, "sims"),
        (
            "9992007",
            "Pellowgate Primary School",
            "primary",
            "Tidewell Coast",
            463000,
            309800,
            2,
            0.21,
            "bromcom",
        ),
    ),
    *_comparison(
        ("9992101", "Ambersedge Primary School", "primary", 428700, 325100, 2, 0.29),
        ("9992102", "Birchenlow Primary School", "primary", 435300, 322700, 1, 0.37),
        ("9992103", "Cawdermere Primary School", "primary", 439800, 327400, 2, 0.24),
        ("9992104", "Dunnaside Primary School", "primary", 452600, 320900, 1, 0.33),
        ("9992105", "Elmsgarth Primary School", "primary", 444100, 315300, 2, 0.19),
        ("9992106", "Fennowtoft Primary School", "primary", 457700, 326800, 2, 0.40),
        ("9992107", "Gorsebarrow Primary School", "primary", 425500, 312600, 1, 0.26),
        ("9992108", "Hallowstead Primary School", "primary", 449300, 308700, 2, 0.31),
        ("9992109", "Inglesward Primary School", "primary", 455200, 334500, 1, 0.35),
        ("9992110", "Jessamoor Primary School", "primary", 441600, 336200, 2, 0.22),
        ("9992111", "Kestlewick Primary School", "primary", 437100, 309900, 2, 0.34),
        ("9992112", "Lintonbeck Primary School", "primary", 429900, 330800, 1, 0.28),
        ("9992113", "Marrowdene Primary School", "primary", 460400, 319600, 2, 0.25),
        ("9994101", "Netherfirth Academy", "secondary", 434500, 325900, 4, 0.30),
        ("9994102", "Oxenholt High School", "secondary", 451000, 324300, 5, 0.36),
        ("9994103", "Pinnermoss School", "secondary", 442900, 311800, 4, 0.22),
        ("9994104", "Rookesdale Academy", "secondary", 458800, 330100, 5, 0.33),
        ("9994105", "Saltmarrow High School", "secondary", 427300, 319400, 4, 0.27),
        ("9994106", "Thornibrack School", "secondary", 446200, 321500, 5, 0.31),
        ("9994107", "Ullenfoss Academy", "secondary", 454600, 313100, 4, 0.25),
    ),
)
