"""What a cell shows is well-formed, accessible and the same every time."""

import re

import pytest

from evaluation.report import figures
from evaluation.report.items import NOTHING, Cover, Figure, Group, Prose, Table

TABLE = Table(
    "A <caption>",
    ("School", "Pupils", "Verdict"),
    [Group("North & South", [("St Ann's", "12", "balanced"), ("<b>", "c", "")])],
    text_columns=("Verdict",),
    notes=("A note.",),
)


def draw() -> Figure:
    with figures.canvas(2.0) as (figure, axes):
        figures.draw_among(axes, figures.Estimate("this school", 1.0, -1.0, 3.0), [-2.0, 0.5, 2.0], "points")
        return figures.picture(figure, 'Alt "text" & <more>', "Caption")


def test_table_says_what_each_heading_is_for() -> None:
    html = TABLE._repr_html_()
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 2
    assert html.count('scope="rowgroup"') == 1
    assert "<caption>A &lt;caption&gt;</caption>" in html


def test_only_numerals_are_set_right() -> None:
    html = TABLE._repr_html_()
    assert '<th scope="col" class="numeral">Pupils</th>' in html
    assert '<td class="numeral">12</td>' in html
    assert "<td>balanced</td>" in html


def test_a_withheld_cell_explains_itself() -> None:
    assert '<abbr title="withheld to protect pupils">c</abbr>' in TABLE._repr_html_()


def test_text_is_never_markup() -> None:
    shown = TABLE._repr_html_() + Prose("<i>", ["<script>"], ["<b>"])._repr_html_() + draw()._repr_html_()
    assert not re.search(r"<(i|b|script|more)>", shown)
    assert "&lt;script&gt;" in shown


def test_nothing_shows_nothing() -> None:
    assert NOTHING._repr_html_() == ""
    assert NOTHING._repr_markdown_() == ""


def test_a_figure_is_self_contained_with_its_alternative_text_and_caption() -> None:
    html = draw()._repr_html_()
    assert re.search(r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" width="\d+" height="\d+" alt="', html)
    assert "<figcaption>Caption</figcaption>" in html


def test_a_figure_is_the_same_to_the_byte_and_says_nothing_of_who_drew_it() -> None:
    first, second = draw(), draw()
    assert first.png == second.png
    assert b"Software" not in first.png
    assert b"Date" not in first.png


def test_the_cover_warns_of_synthetic_data() -> None:
    assert "Synthetic data" in Cover("Study", "Title", [], True)._repr_html_()
    assert "Synthetic data" not in Cover("Study", "Title", [], False)._repr_html_()


@pytest.mark.parametrize(
    "item", [TABLE, Prose("Heading", ["Text."]), Cover("Study", "Title", ["Text."], True)]
)
def test_plain_text_says_the_same(item: Table | Prose | Cover) -> None:
    words = set(re.findall(r"[A-Za-z]{4,}", re.sub(r"<[^>]+>", " ", item._repr_html_()))) - {"caption"}
    assert words - set(re.findall(r"[A-Za-z]{4,}", repr(item))) <= {
        "Made",
        "show",
        "method",
        "described",
        "that",
    }
