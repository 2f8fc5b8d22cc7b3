"""One self-contained HTML page: everything inline, every text escaped, nothing loaded from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Page", "Picture"]

# The page can run no script and load no outside thing even if something slipped through the escaping.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c2430; --soft: #5b6675; --line: #dde2e8;
  --tint: #f5f7f9; --accent: #1f5fa8; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #141414; --ink: #e6e8ea; --soft: #a0a6ad;
  --line: #303336; --tint: #1d1f21; --accent: #7db4f0; --bad: #ff8a80; }
  figure img { filter: invert(0.92) hue-rotate(180deg); } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.55;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.75rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.75rem 0 0.75rem; }
p { max-width: 44rem; margin: 0 0 0.9rem; }
.lead { font-size: 1.08rem; color: var(--soft); }
.scroll { overflow-x: auto; margin: 0.5rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
caption { caption-side: bottom; text-align: left; color: var(--soft); font-size: 0.85rem;
  padding-top: 0.55rem; }
th, td { padding: 0.42rem 0.9rem 0.42rem 0; text-align: left; vertical-align: baseline;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; font-size: 0.82rem; border-bottom: 2px solid var(--line);
  vertical-align: bottom; }
tbody th { font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 0.2rem;
  padding-left: 0.9rem; }
tr.strong td, tr.strong th { font-weight: 650; background: var(--tint); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem 1.5rem;
  margin: 1.5rem 0; }
dt { color: var(--soft); font-size: 0.82rem; }
dd { margin: 0.1rem 0 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0 1.25rem; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: 0.85rem; margin-top: 0.5rem; max-width: 44rem; }
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: 0.86rem; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem 0.9rem;
  white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.25rem 0 1rem; }
.note { border-left: 3px solid var(--accent); background: var(--tint); padding: 0.7rem 1rem; margin: 1rem 0; }
.note p:last-child, .note pre:last-child { margin-bottom: 0; }
.bad { border-left-color: var(--bad); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft);
  font-size: 0.85rem; }
@media print { main { max-width: none; padding: 0; } }
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG picture: the name of its file, its bytes, and what it shows in words."""

    name: str
    png: bytes
    alt: str
    #: Width in CSS pixels; the file holds twice as many.
    width: int
    height: int


class Page:
    """
    Build a page from top to bottom. Every argument is plain text and is escaped here, and only here.

    Parameters
    ----------
    title : str
        The heading, and the title of the window.
    lead : str
        The paragraph under it.

    Examples
    --------
    >>> from privml.federated.report import Page
    >>> page = Page("A & B", "What happened.")
    >>> page.section("Sites")
    >>> page.text("<script>")
    >>> "A &amp; B" in page.render(), "<script>" in page.render()
    (True, False)
    """

    def __init__(self, title: str, lead: str) -> None:
        self._title = title
        self._parts = [f"<h1>{escape(title)}</h1>", f'<p class="lead">{escape(lead)}</p>']
        self._footer = ""

    def section(self, title: str) -> None:
        """Start a section."""
        self._parts.append(f"<h2>{escape(title)}</h2>")

    def text(self, paragraph: str) -> None:
        """Add a paragraph."""
        self._parts.append(f"<p>{escape(paragraph)}</p>")

    def code(self, text: str) -> None:
        """Add text in a fixed-width face."""
        self._parts.append(f"<pre>{escape(text)}</pre>")

    def note(self, text: str, command: str | None = None, *, bad: bool = False) -> None:
        """Add a set-off remark, with a command to type if there is one."""
        kind = "note bad" if bad else "note"
        typed = f"<pre>{escape(command)}</pre>" if command is not None else ""
        self._parts.append(f'<div class="{kind}"><p>{escape(text)}</p>{typed}</div>')

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Add a row of named figures."""
        items = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts
        )
        self._parts.append(f"<dl>{items}</dl>")

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        caption: str = "",
        numbers: Sequence[int] = (),
        strong: Sequence[int] = (),
    ) -> None:
        """Add a table: `numbers` are the columns set to the right, `strong` the rows that stand out."""
        right = set(numbers)

        def cell(tag: str, column: int, text: str, scope: str = "") -> str:
            style = ' class="number"' if column in right else ""
            return f"<{tag}{scope}{style}>{escape(text)}</{tag}>"

        head = "".join(cell("th", column, text, ' scope="col"') for column, text in enumerate(header))
        body = []
        for index, row in enumerate(rows):
            cells = "".join(
                cell("th", 0, text, ' scope="row"') if column == 0 else cell("td", column, text)
                for column, text in enumerate(row)
            )
            body.append(f'<tr class="strong">{cells}</tr>' if index in set(strong) else f"<tr>{cells}</tr>")
        title = f"<caption>{escape(caption)}</caption>" if caption else ""
        self._parts.append(
            f'<div class="scroll"><table>{title}<thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table></div>"
        )

    def figure(self, picture: Picture, caption: str) -> None:
        """Add a picture with its caption."""
        self._parts.append(
            f'<figure><img src="{_data(picture.png)}" width="{picture.width}" height="{picture.height}" '
            f'alt="{escape(picture.alt)}"><figcaption>{escape(caption)}</figcaption></figure>'
        )

    def footer(self, text: str) -> None:
        """Set the line at the foot of the page."""
        self._footer = f"<footer>{escape(text)}</footer>"

    def render(self) -> str:
        """Return the whole document."""
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{escape(self._title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
            + "\n".join([*self._parts, self._footer])
            + "\n</main>\n</body>\n</html>\n"
        )


def _data(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
