"""The front page's map: the modules, which parts are done, and which is next."""

from html import escape

from IPython.display import display

from course.learner import Journal, Module, Progress
from course.learner.curriculum import Part

from .next_part import next_as_bundle


def front_page() -> None:
    """Show the map of the course, and the next part."""
    for bundle in as_bundles(Progress.of(Journal.here())):
        display(bundle, raw=True)


def as_bundles(progress: Progress) -> list[dict[str, str]]:
    """Return the map and the next part as bundles that notebooks display."""
    course_map = {"text/plain": as_text(progress), "text/html": as_html(progress)}
    return [course_map, next_as_bundle(progress)]


def as_text(progress: Progress) -> str:
    """Return the map as plain text, a line for each module."""
    lines = []
    for module in progress.modules:
        parts = (f"{p.label}: {progress.state(p) or 'to do'}" for p in module.parts)
        lines.append(f"{module.number} · {module.title} ({', '.join(parts)})")
    return "\n".join(lines)


def as_html(progress: Progress) -> str:
    """Return the map as an HTML table, in which each part links to its notebook."""
    heads = ("clock", "module", "lesson", "exercise", "minutes")
    header = "".join(f'<th scope="col" style="{LEFT}">{name}</th>' for name in heads)
    rows = "".join(_row(progress, module) for module in progress.modules)
    return (
        '<table class="outage-map"><caption>The course by the clock of 5 June 2024'
        f"</caption><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    )


LEFT = "text-align: left"


def _row(progress: Progress, module: Module) -> str:
    name = f"<strong>{module.number} · {escape(module.title)}</strong>"
    cells = [module.clock, f"{name}: {escape(module.about)}"]
    cells += [_cell(progress, part) for part in module.parts]
    cells.append(" + ".join(str(part.minutes) for part in module.parts))
    inside = "".join(f'<td style="{LEFT}">{cell}</td>' for cell in cells)
    return f"<tr>{inside}</tr>"


def _cell(progress: Progress, part: Part) -> str:
    # The front page is two folders deep, like every notebook.
    link = f'<a href="../../{part.path}">{part.label}</a>'
    state = progress.state(part)
    mark = {"done": "✓ ", "next": "→ "}.get(state, "")
    return f"{mark}{link}{f' ({state})' if state else ''}"
