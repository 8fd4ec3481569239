"""One form in which a file's text may be read, and where in the file each stretch of it stands."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Form:
    """Text that a file holds, plainly or packed, or a fault that forbids to publish the file.

    Attributes
    ----------
    text : str
    marks : tuple of (int, str)
        Where stretches of the text begin, ascending, and where in the file they stand; none when lines tell.
    prose : bool
        Whether the words are a person's: names are sought in these alone, not among tags and keywords.
    fault : str
        The kind of a fault of the file itself; "" for none.
    inside : str
        The part of a package that the text was found in.
    """

    text: str
    marks: tuple[tuple[int, str], ...] = ()
    prose: bool = True
    fault: str = ""
    inside: str = ""

    def place(self, at: int) -> str:
        """Where in the file the character at that position stands."""
        number = bisect_right([start for start, _ in self.marks], at) - 1
        if number >= 0:
            place = self.marks[number][1]
        else:
            line = self.text.count("\n", 0, at)
            place = f"line {line + 1}, character {at - self.text.rfind(chr(10), 0, at)}"
        return f"{self.inside}: {place}" if self.inside else place

    def within(self, part: str) -> "Form":
        """The same form, of a file that is itself a part of another."""
        return replace(self, inside=f"{part}: {self.inside}" if self.inside else part)


def joined(pieces: Iterable[tuple[str, str]], between: str = " ") -> Form:
    """Pieces of text, each with its place, as one form, so that what stands side by side is read side by side."""
    texts, marks, length = [], [], 0
    for place, text in pieces:
        texts.append(text)
        marks.append((length, place))
        length += len(text) + len(between)
    return Form(between.join(texts), tuple(marks))
