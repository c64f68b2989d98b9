"""A self-contained HTML page: no script, no link, nothing to fetch."""

import html
from collections.abc import Sequence
from typing import Any

from jaxrnn.report.table import Table

__all__ = [
    "bold_paragraph", "bullets", "definitions", "environment_pairs", "page", "paragraph", "section",
    "table_html",
]  # fmt: skip

_CSS = """
:root { color-scheme: light; }
body { margin: 0; background: #f6f6f4; color: #1f1f1f; line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 24px 20px 60px; }
section { background: #fff; border: 1px solid #e3e3e0; border-radius: 8px;
  padding: 8px 28px 24px; margin: 22px 0; }
h1 { font-size: 30px; margin: 12px 0 6px; }
h2 { font-size: 23px; margin: 18px 0 4px; }
h3 { font-size: 17px; margin: 28px 0 4px; }
p, ul { margin: 6px 0 10px; max-width: 860px; }
.finding { font-size: 17px; border-left: 4px solid #0072b2; padding: 4px 0 4px 14px; }
.quiet { color: #5c5c5c; font-size: 14px; }
img { width: 100%; height: auto; display: block; margin: 8px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 9px; text-align: right; border-bottom: 1px solid #ececea;
  white-space: nowrap; }
th { color: #5c5c5c; font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
td.group { text-align: left; font-weight: 600; padding-top: 14px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; font-size: 14px; }
dt { color: #5c5c5c; } dd { margin: 0; overflow-wrap: anywhere; }
code { background: #f1f1ee; padding: 1px 5px; border-radius: 4px; font-size: 0.92em; }
"""


def page(title: str, body: Sequence[str]) -> str:
    """Return a whole page around pieces of HTML.

    Shapes: none.

        >>> page("A & B", ["<p>text</p>"]).count("A &amp; B")
        2
    """
    name = html.escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{name}</h1>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def section(heading: str, parts: Sequence[str]) -> str:
    """Return a section of pieces of HTML under a heading.

    Shapes: none.

        >>> section("x < y", ["<p>z</p>"]).split()
        ['<section>', '<h2>x', '&lt;', 'y</h2>', '<p>z</p>', '</section>']
    """
    return f"<section>\n<h2>{html.escape(heading)}</h2>\n" + "\n".join(parts) + "\n</section>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; kind, "finding" or "quiet".

    Shapes: none.

        >>> paragraph("a < b", "quiet")
        '<p class="quiet">a &lt; b</p>'
    """
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{html.escape(text)}</p>"


def bold_paragraph(lead: str, text: str) -> str:
    """Return a paragraph with bold first words.

    Shapes: none.

        >>> bold_paragraph("Why?", "Because.")
        '<p><b>Why?</b><br>Because.</p>'
    """
    return f"<p><b>{html.escape(lead)}</b><br>{html.escape(text)}</p>"


def bullets(texts: Sequence[str]) -> str:
    """Return a list.

    Shapes: none.

        >>> bullets(["a", "b"])
        '<ul><li>a</li><li>b</li></ul>'
    """
    return "<ul>" + "".join(f"<li>{html.escape(t)}</li>" for t in texts) + "</ul>"


def definitions(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a list of terms and what they are.

    Shapes: none.

        >>> definitions([("seed", "0")])
        '<dl><dt>seed</dt><dd>0</dd></dl>'
    """
    rows = (f"<dt>{html.escape(a)}</dt><dd>{html.escape(b)}</dd>" for a, b in pairs)
    return f"<dl>{''.join(rows)}</dl>"


def environment_pairs(results: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a record ran on, for `definitions`.

    Shapes: none.

        >>> environment = {"device": "cpu", "platform": "cpu", "cpu": "x", "cores": 2,
        ...                "system": "Linux", "versions": {"jax": "0"}, "date": "today"}
        >>> environment_pairs({"command": "c", "environment": environment})[2]
        ('device', 'cpu: cpu')
    """
    environment = results["environment"]
    versions = ", ".join(f"{name} {v}" for name, v in sorted(environment["versions"].items()))
    machine = f"{environment['cpu']}, {environment['cores']} cores, {environment['system']}"
    return [
        ("command", results["command"]),
        ("date", environment["date"]),
        ("device", f"{environment['platform']}: {environment['device']}"),
        ("machine", machine),
        ("versions", versions),
    ]


def table_html(table: Table) -> str:
    """Return a table with its groups.

    Shapes: none.

        >>> table_html(Table(("a",), (("B", "first", (("1",),)),)))[-85:]
        '<tr><td class="group" colspan="1">B. first</td></tr><tr><td>1</td></tr></table></div>'
    """
    head = "".join(f"<th>{html.escape(c)}</th>" for c in table.columns)
    span = len(table.columns)
    rows = []
    for letter, heading, group in table.groups:
        text = html.escape(f"{letter}. {heading}")
        rows.append(f'<tr><td class="group" colspan="{span}">{text}</td></tr>')
        for row in group:
            rows.append("<tr>" + "".join(f"<td>{html.escape(t)}</td>" for t in row) + "</tr>")
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'
