"""The next part of the course, which every lesson and exercise shows at its end."""

from IPython.display import display

from course.learner import Journal, JournalNotWritten, Progress
from course.learner.progress import LESSON


def lesson_done(number: str) -> None:
    """Record that lesson `number` has been run to its end, and show the next part."""
    journal = Journal.here()
    try:
        journal.tell(LESSON, number=number)
    except JournalNotWritten as exc:
        print(exc)
    show_next(journal)


def show_next(journal: Journal) -> None:
    """Show the next part of the course, with a link to it."""
    display(next_as_bundle(Progress.of(journal)), raw=True)


def next_as_bundle(progress: Progress) -> dict[str, str]:
    """Return the next part of the course as a bundle that notebooks display."""
    part = progress.next
    if part is None:
        return {"text/plain": "Everything is done."}
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
