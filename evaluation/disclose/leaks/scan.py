"""Search what is to be published for whatever identifies a pupil, a person or a machine; none of it is ever shown."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from evaluation.disclose.leaks.form import Form
from evaluation.disclose.leaks.forms import forms
from evaluation.disclose.leaks.identities import NOBODY, WORD, Identities, Words, read_identities, words_of
from evaluation.disclose.leaks.ordinary import ORDINARY
from evaluation.disclose.leaks.patterns import Found, births, machine_places, shapes, user_names
from evaluation.errors import DisclosureError

KINDS = {
    "pupil number": "a unique pupil number",
    "learner number": "a unique learner number",
    "identifier": "the identifier of a pupil or a member of staff",
    "pseudonym": "the pseudonym of a pupil or a member of staff",
    "date of birth": "a pupil’s date of birth",
    "name": "the forename and surname of a pupil or a member of staff",
    "rare name": "a name that few of the study’s pupils bear",
    "path": "a folder of a machine",
    "user": "the name of a machine’s user",
    "trace": "a stack trace or an address in memory",
    "parameter": "a notebook’s parameter that names a pupil",
    "metadata": "a picture with something beside its pixels",
    "picture": "a picture that does not say what words are drawn in it",
    "unreadable": "what cannot be searched",
    "internal": "a file that is not meant to be published",
    "link": "a link that leads out of the site",
    "file": "a file that is no ordinary one, or that anybody may change or run",
    "open": "a folder that others than its owner may read",
}
APART = 60  # characters there may be between a first and a family name
SHORTEST_ALONE = 4  # letters: shorter names are abbreviations too
PACKAGE = Path(__file__).parents[2]
_PAGES = ("report/**/*.py", "report/templates/**/*", "impact/*.py", "disclose/*.py", "batch/*.py")
_BESIDE = re.compile(r"[ \u00a0,;:_\-–.]*")


class Step(Protocol):
    """Told what is being done and how much of how much is done."""

    def __call__(self, what: str, done: int | None = None, total: int | None = None) -> None: ...


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """What was found in a file: of what kind (see `KINDS`), how often, and where first. Never the thing itself."""

    file: str
    kind: str
    place: str
    count: int = 1

    def line(self) -> str:
        """The same for a person."""
        often = f"{self.count:,} times, first" if self.count > 1 else "found"
        return f"{self.file}: {KINDS[self.kind]}, {often} at {self.place}"


@dataclass(frozen=True, slots=True)
class Sought:
    """What files are searched for.

    Attributes
    ----------
    who : Identities
    own : frozenset of str
        Words that stand in a page whoever the pupils are: of templates, notebooks and the code that words pages.
    places : tuple of str
        Folders of this machine.
    users : frozenset of str
        Names of this machine's user, in lower case.
    """

    who: Identities = field(default=NOBODY, repr=False)
    own: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    users: frozenset[str] = frozenset()

    def is_plain(self, words: Words) -> bool:
        """Whether a name is made of words that would stand there without it."""
        return all(
            len(word) < 3 or word in self.own or word in ORDINARY or word in self.who.public for word in words
        )


def what_is_sought(root: Path, study: str) -> Sought:
    """Everything that must not leave: the study's pupils, where they are known on this machine, and the machine itself."""
    return Sought(read_identities(root, study), own_words(root), machine_places(root), user_names())


def own_words(root: Path) -> frozenset[str]:
    """The words of the templates, of the code that words pages, and of the notebooks' cells."""
    texts = [
        path.read_text(encoding="utf-8") for room in _PAGES for path in PACKAGE.glob(room) if path.is_file()
    ]
    for notebook in (root / "notebooks").glob("*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells]
    return frozenset(word for text in texts for word in words_of(text))


def scan(folder: Path, paths: Iterable[Path], sought: Sought, step: Step) -> list[Leak]:
    """Search files of a folder, their names included.

    Returns
    -------
    list of Leak
        One a file and kind, by file; a file's name that is itself a leak is not shown.
    """
    files, leaks = sorted(paths), []
    for number, path in enumerate(files):
        step("looking for what must not leave", number, len(files))
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            leaks += search_file(name, path.read_bytes(), sought)
    return leaks


def search_file(name: str, content: bytes, sought: Sought) -> list[Leak]:
    """What a file must not hold and holds."""
    named = list(search_text(Form(name), sought))
    shown = shown_name(name, sought)
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for kind, place in (*((kind, "its name") for _, kind in named), *_found(name, content, sought)):
        counts[kind] += 1
        first.setdefault(kind, place)
    return [
        Leak(shown, kind, _unnamed(first[kind], sought), number) for kind, number in sorted(counts.items())
    ]


def shown_name(name: str, sought: Sought) -> str:
    """A file's name as a person is told it: of one that is itself a leak, only the folder of the run that it is in."""
    return f"{name.split('/')[0]}/(name not shown)" if any(search_text(Form(name), sought)) else name


def _found(name: str, content: bytes, sought: Sought) -> Iterator[tuple[str, str]]:
    for form in forms(name, content):
        if form.fault:
            yield form.fault, form.place(0)
        for at, kind in search_text(form, sought):
            yield kind, form.place(at)


def _unnamed(place: str, sought: Sought) -> str:
    """A place such as a sheet's or a key's name, unless it is itself a leak."""
    return "a place whose name is not shown" if any(search_text(Form(place), sought)) else place


def refuse_words(texts: Iterable[str]) -> None:
    """Refuse words that are about to be drawn and identify somebody by their shape alone.

    Raises
    ------
    DisclosureError
        With the kind of what was found and the number of the text, not its words.
    """
    for number, text in enumerate(texts, 1):
        for _, kind in search_text(Form(text), Sought()):
            raise DisclosureError(f"Text {number} of a figure holds {KINDS[kind]}: it is not drawn.")


def search_text(form: Form, sought: Sought) -> Iterator[Found]:
    """Where a form's text holds something sought, and of what kind."""
    text, who = form.text, sought.who
    yield from shapes(text, who.codes)
    yield from births(text, who.births)
    for place in sought.places:
        yield from ((found.start(), "path") for found in re.finditer(re.escape(place) + r"(?![\w-])", text))
    words = [(_plain(found[0]), found.start(), found.end()) for found in WORD.finditer(text)]
    hits = [hit for number in range(len(words)) for hit in _hits(words, number, who)]
    yield from (
        (start, who.codes[name])
        for name, start, end in hits
        if name in who.codes and _whole(text, start, end)
    )
    if form.prose:
        yield from _names(text, hits, sought)
        users = {name for name in sought.users if not sought.is_plain((name,))}
        yield from ((start, "user") for word, start, _ in words if word in users)


def _plain(word: str) -> str:
    return word.lower() if word.isascii() else "".join(words_of(word))


Hit = tuple[Words, int, int]


def _hits(words: list[tuple[str, int, int]], number: int, who: Identities) -> Iterator[Hit]:
    """The names and codes that begin with a word of the text."""
    word, start, _ = words[number]
    for name in who.first.get(word, ()):
        last = number + len(name)
        if name == (word,) or tuple(item[0] for item in words[number:last]) == name:
            yield name, start, words[last - 1][2]


def _whole(text: str, start: int, end: int) -> bool:
    """Whether figures are a number of their own, and not those before or after a decimal point."""
    fraction = text[start].isdigit() and re.search(r"\d?\.$", text[max(start - 2, 0) : start])
    return not fraction and not re.match(r"\.\d", text[end : end + 2])


def _names(text: str, hits: list[Hit], sought: Sought) -> Iterator[Found]:
    """Forename and surname of one pupil near one another, and names that few pupils bear, alone.

    Where both are plain words, they count side by side with capitals alone; a plain word by itself counts for nothing.
    """
    for number, (name, start, end) in enumerate(hits):
        alone = len("".join(name)) >= SHORTEST_ALONE and not name[0].isdigit()
        if alone and name in sought.who.rare and not sought.is_plain(name):
            yield start, "rare name"
        for other in _near(hits, number):
            if _is_pair(text, (name, start, end), other, sought):
                yield min(start, other[1]), "name"


def _near(hits: list[Hit], number: int) -> Iterator[Hit]:
    """The hits after this one that begin within reach of its end."""
    end = hits[number][2]
    for other in hits[number + 1 :]:
        if other[1] - end > APART:
            return
        if other[1] >= end:
            yield other


def _is_pair(text: str, one: Hit, other: Hit, sought: Sought) -> bool:
    partners = sought.who.partners
    if one[0] not in partners.get(other[0], ()) and other[0] not in partners.get(one[0], ()):
        return False
    if not (sought.is_plain(one[0]) and sought.is_plain(other[0])):
        return True
    capitals = text[one[1]].isupper() and text[other[1]].isupper()
    return capitals and _BESIDE.fullmatch(text, one[2], other[1]) is not None
