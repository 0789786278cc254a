"""The next part of the course, which every lesson and exercise shows at its end."""

from html import escape

from IPython.display import display

from course.learner import Journal, JournalNotWritten, Progress
from course.learner.progress import LESSON


def lesson_done(number: str) -> tuple[str, str]:
    """Record that lesson `number` is done; return the next part as HTML and as text."""
    journal = Journal.here()
    try:
        journal.tell(LESSON, number=number)
        done = f"Lesson {number} is done."
    except JournalNotWritten as exc:
        done = str(exc)
    bundle = next_as_bundle(Progress.of(journal))
    html = f"<p>{escape(done)} {bundle['text/html']}</p>"
    return html, f"{done} {bundle['text/plain']}"


def show_next(journal: Journal) -> None:
    """Show the next part of the course, with a link to it."""
    display(next_as_bundle(Progress.of(journal)), raw=True)


def next_as_bundle(progress: Progress) -> dict[str, str]:
    """Return the next part of the course as a bundle that notebooks display."""
    part = progress.next
    if part is None:
        done = "Everything is done."
        return {"text/plain": done, "text/html": f"<strong>{done}</strong>"}
    left = f"About {progress.minutes_left} minutes of the course are left."
    # Lessons and exercises are both two folders deep.
    # Underlined: in a sentence, color alone does not set a link apart from text.
    link = (
        f'<a href="../../{part.path}" style="text-decoration: underline">'
        f"{part.label}</a>"
    )
    minutes = f"about {part.minutes} minutes"
    return {
        "text/plain": f"Next: {part.label} ({part.path}), {minutes}. {left}",
        "text/html": f"<strong>Next:</strong> {link}, {minutes}. {left}",
    }
