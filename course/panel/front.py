"""The front page's map: the modules, which parts are done, and which is next."""

from IPython.display import display
from jinja2 import Template

from course.learner import Journal, Progress

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
    template = Template(MAP, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return str(template.render(progress=progress))


# The front page is two folders deep, like every notebook.
MAP = """\
{% set left = "text-align: left" %}
{% set marks = {"done": "✓ ", "next": "→ "} %}
<table class="outage-map"><caption>The course by the clock of 5 June 2024</caption>
<thead><tr>
{% for name in ("clock", "module", "lesson", "exercise", "minutes") %}
<th scope="col" style="{{ left }}">{{ name }}</th>
{% endfor %}
</tr></thead>
<tbody>
{% for module in progress.modules %}
<tr><td style="{{ left }}">{{ module.clock }}</td>
<td style="{{ left }}"><strong>{{ module.number }} · {{ module.title }}</strong>: \
{{ module.about }}</td>
{% for part in module.parts %}
{% set state = progress.state(part) %}
<td style="{{ left }}">{{ marks[state] }}<a href="../../{{ part.path }}">\
{{ part.label }}</a>{% if state %} ({{ state }}){% endif %}</td>
{% endfor %}
<td style="{{ left }}">{{ module.parts|join(" + ", "minutes") }}</td></tr>
{% endfor %}
</tbody></table>
"""
