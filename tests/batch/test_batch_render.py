"""A page stands alone: its own style, no request to any host, and nothing shown that should not be."""

from html.parser import HTMLParser

import pytest
from batch_helpers import MakeJob
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from evaluation.batch.render import render

ALLOWED = ("data:", "#", "../index.html", "https://doi.org/")


class Page(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def attributes(self, name: str) -> list[tuple[str, str]]:
        return [(tag, attributes[name]) for tag, attributes in self.tags if name in attributes]

    def first(self, tag: str) -> dict[str, str]:
        return next(attributes for name, attributes in self.tags if name == tag)


@pytest.fixture
def executed() -> NotebookNode:
    """A notebook as papermill leaves it: a default, what it injected, a warning, and what the page is for."""
    printed = new_output("stream", name="stdout", text="printed for the reader")
    warned = new_output("stream", name="stderr", text="UserWarning: not for the reader")
    figure = new_output("display_data", data={"image/png": "aGk=", "text/plain": "<Figure>"})
    table = new_output("execute_result", data={"text/html": "<table id='t'><tr><td>7</td></tr></table>"})
    math = "## Result\n\nA [source](https://doi.org/10.7910/DVN/SIWH9F), $x^2$ and `code`."
    cells = [
        new_markdown_cell("# A report"),
        new_code_cell('school = "none"', metadata={"tags": ["parameters"]}),
        new_code_cell('school = "28"', metadata={"tags": ["injected-parameters"]}),
        new_code_cell("page.results(school)", outputs=[printed, warned, figure, table]),
        new_markdown_cell(math),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


@pytest.mark.parametrize("show_code", [False, True])
def test_a_page_asks_nothing_of_any_host(show_code: bool, executed: NotebookNode, make_job: MakeJob) -> None:
    page = Page(render(executed, make_job(None, show_code=show_code)))
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    asked = page.attributes("src") + page.attributes("href") + page.attributes("srcset")
    assert {tag for tag, _ in asked} == {"a", "img"}
    assert not [address for _, address in asked if not address.startswith(ALLOWED)]
    style = render(executed, make_job(None, show_code=show_code)).split("<style>")[1].split("</style>")[0]
    assert "@import" not in style
    assert "url(" not in style


def test_a_page_says_what_it_is_and_forbids_the_rest(executed: NotebookNode, make_job: MakeJob) -> None:
    html = render(executed, make_job(None, title="School 28 <& others>"))
    page = Page(html)
    assert page.first("html")["lang"].split("-")[0] == "en"
    assert "<title>School 28 &lt;&amp; others&gt;</title>" in html
    metas = [attributes for tag, attributes in page.tags if tag == "meta"]
    (policy,) = (meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert [meta["content"] for meta in metas if meta.get("name") == "viewport"] == [
        "width=device-width, initial-scale=1"
    ]
    assert ("a", "../index.html") in page.attributes("href")


@pytest.mark.parametrize(
    ("show_code", "code"),
    [(False, {"injected": False, "call": False}), (True, {"injected": True, "call": True})],
)
def test_a_page_shows_results_and_code_only_where_wanted(
    show_code: bool, code: dict[str, bool], executed: NotebookNode, make_job: MakeJob
) -> None:
    before = executed.copy()
    html = render(executed, make_job(None, show_code=show_code))
    assert "printed for the reader" in html
    assert "<td>7</td>" in html
    assert "not for the reader" not in html
    assert "none" not in html.split("<main>")[1]
    assert ("28" in html.split("<main>")[1]) == code["injected"]
    assert ("results" in html) == code["call"]
    assert executed == before


def test_rendering_twice_gives_the_same(executed: NotebookNode, make_job: MakeJob) -> None:
    assert render(executed, make_job(None)) == render(executed, make_job(None))


@pytest.mark.parametrize("show_code", [False, True])
def test_a_section_with_nothing_to_show_is_left_out(show_code: bool, make_job: MakeJob) -> None:
    nothing = new_output("execute_result", data={"text/html": "", "text/plain": ""})
    warned = new_output("stream", name="stderr", text="UserWarning: not for the reader")
    table = new_output("execute_result", data={"text/html": "<p>seven</p>", "text/plain": ""})
    cells = [
        new_markdown_cell("# A report"),
        new_markdown_cell("## Empty\n\nAbout nobody."),
        new_code_cell("nobody()", outputs=[nothing]),
        new_code_cell("nobody_else()", outputs=[warned, nothing]),
        new_markdown_cell("## Full"),
        new_code_cell("nobody()", outputs=[nothing]),
        new_code_cell("somebody()", outputs=[table]),
        new_markdown_cell("## Words alone\n\nNothing is worked out."),
        new_code_cell("nobody()", outputs=[nothing], metadata={"tags": ["hide-code"]}),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    html = render(notebook, make_job(None, show_code=show_code))
    assert "Empty" not in html
    assert "About nobody" not in html
    assert "nobody_else" not in html
    assert all(said in html for said in ("Full", "seven", "Words alone", "Nothing is worked out"))
