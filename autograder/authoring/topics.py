"""The topics of the course: course/topics.md, from `topics` in each module.toml."""

from course.learner import modules

HEAD = """<!-- Made by `./outage build`. Do not edit. -->
# What is taught where

Every topic of the course, in the order in which they come up, and the sections that
teach it. What to keep of it is on one page: [the handler's checklist](checklist.md).

| topic | module and section |
|---|---|
"""


def as_markdown() -> str:
    """Return the table of topics as Markdown, a row for each topic."""
    links: dict[str, list[str]] = {}
    for module in modules():
        notebook = f"notebooks/{module.name}.ipynb"
        for topic, headings in module.topics.items():
            links.setdefault(topic, []).extend(
                f"[{module.number} · {heading}]({notebook})" for heading in headings
            )
    return HEAD + "".join(
        f"| {topic} | {'; '.join(sections)} |\n" for topic, sections in links.items()
    )
