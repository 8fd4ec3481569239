"""How the columns of each kind of published file are headed: found by name, in any case, in any order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.ingest.table import collapse

Kind = Literal["ks2", "ks4", "schools", "links"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of file.

    Attributes
    ----------
    fields : mapping of str to tuple of str
        Our name of a column to the headings it goes by, in upper case.
    needed : tuple of sets of str
        Fields of which one set, whole, must be headed for a row to be the heading row.
    measures : tuple of str, or None
        The headings that are measures; every heading that is neither a field nor `apart` when None.
    apart : frozenset of str
        Headings that are no measures: addresses and the like.
    """

    fields: Mapping[str, tuple[str, ...]]
    needed: tuple[frozenset[str], ...]
    measures: tuple[str, ...] | None
    apart: frozenset[str] = frozenset()

    def found(self, headings: Sequence[str]) -> dict[str, str]:
        """The fields that are headed, and the heading of each."""
        named = {
            field: next((name for name in names if name in headings), "")
            for field, names in self.fields.items()
        }
        return {field: heading for field, heading in named.items() if heading}

    def is_measure(self, name: str) -> bool:
        """Whether a heading, in upper case, is a measure's."""
        if self.measures is not None:
            return name in self.measures
        return (
            bool(name) and name not in self.apart and all(name not in known for known in self.fields.values())
        )

    def is_heading_row(self, cells: Sequence[str]) -> bool:
        """Whether a row of cells heads the columns that are needed."""
        headed = self.found([heading(cell) for cell in cells])
        return any(fields <= headed.keys() for fields in self.needed)

    @property
    def wanted(self) -> list[str]:
        """The headings of the fields needed, the first of each, for a message."""
        return [self.fields[field][0] for field in self.fields if field in self.needed[0]]


def heading(cell: str) -> str:
    """A heading as it is compared: whitespace collapsed, in upper case."""
    return collapse(cell).upper()


_ADDRESS = ("ADDRESS1", "ADDRESS2", "ADDRESS3", "TOWN", "COUNTY", "PCODE", "TELNUM", "PCON_CODE", "PCON_NAME")
_SCHOOL = ("ALPHAIND", "DUMMY", "SCHNAME_AC", "RELDENOM", "AGERANGE", "CONFEXAM", "TAB15", "TAB1618")
_SECONDARY = ("CONTFLAG", "ADMPOL", "ADMPOL_PT", "EGENDER", "GENDER", "FEEDER", "LANAME", "OPENDATE")

RESULTS = Layout(
    fields={
        "rectype": ("RECTYPE", "RECTYP"),
        "la": ("LEA", "LA"),
        "estab": ("ESTAB",),
        "urn": ("URN",),
        "name": ("SCHNAME",),
        "type": ("NFTYPE",),
        "closed": ("ICLOSE",),
        "urn_ac": ("URN_AC",),
        "open_ac": ("OPEN_AC",),
    },
    needed=(frozenset({"rectype", "la", "estab"}), frozenset({"rectype", "urn"})),
    measures=None,
    apart=frozenset(_ADDRESS + _SCHOOL + _SECONDARY),
)
REGISTER = Layout(
    fields={
        "urn": ("URN",),
        # After the register's own headings those of the school information published beside the tables.
        "la": ("LA (CODE)", "LA"),
        "estab": ("ESTABLISHMENTNUMBER", "ESTAB"),
        "name": ("ESTABLISHMENTNAME", "SCHNAME"),
        "type": ("TYPEOFESTABLISHMENT (NAME)", "ESTABLISHMENTTYPEGROUP (NAME)", "SCHOOLTYPE"),
        "phase": ("PHASEOFEDUCATION (NAME)",),
        "closed": ("ESTABLISHMENTSTATUS (NAME)", "SCHSTATUS"),
    },
    needed=(frozenset({"urn", "la", "estab"}), frozenset({"urn", "name"})),
    measures=(
        "NUMBEROFPUPILS",
        "NUMBEROFBOYS",
        "NUMBEROFGIRLS",
        "SCHOOLCAPACITY",
        "PERCENTAGEFSM",
        "FSM",
        "EASTING",
        "NORTHING",
    ),
)
LINKS = Layout(
    fields={
        "urn": ("URN",),
        "linked_urn": ("LINKURN",),
        "linked_name": ("LINKNAME",),
        "link_type": ("LINKTYPE",),
        "date": ("LINKESTABLISHEDDATE",),
    },
    needed=(frozenset({"urn", "linked_urn", "link_type"}),),
    measures=(),
)
LAYOUTS: dict[Kind, Layout] = {"ks2": RESULTS, "ks4": RESULTS, "schools": REGISTER, "links": LINKS}

_GROUPS = ("B", "G", "L", "M", "H", "EAL", "MOBN", "FSM6CLA1A", "NOTFSM6CLA1A")
_KS2_EACH = ("MAT_AVERAGE", "MATPROG")
# The measures that the project's questions rest on; a table says which of them it has.
EXPECTED: dict[Kind, tuple[str, ...]] = {
    "ks2": (
        "TELIG",
        "TFSM6CLA1A",
        "PTMAT_EXP",
        "PTMAT_HIGH",
        *_KS2_EACH,
        "MATPROG_LOWER",
        "MATPROG_UPPER",
        "MATCOV",
        *(f"{measure}_{group}" for measure in _KS2_EACH for group in _GROUPS),
        "PTMAT_EXP_FSM6CLA1A",
        "PTMAT_EXP_NOTFSM6CLA1A",
    ),
    "ks4": (
        "TPUP",
        "ATT8SCR",
        "ATT8SCR_FSM6CLA1A",
        "ATT8SCR_NFSM6CLA1A",
        "P8MEA",
        "P8MEAMAT",
        "P8MEACOV",
        "PTL2BASICS_94",
        "PTL2BASICS_95",
    ),
    "schools": ("EASTING", "NORTHING", "NUMBEROFPUPILS", "PERCENTAGEFSM"),
    "links": (),
}
# A column that a key stage's tables have had in every year, and the other's never.
HALLMARKS: dict[Kind, str] = {"ks2": "TELIG", "ks4": "TPUP"}
