"""The replay as a terminal screen; `course.outage.incident.replay` plays it."""

from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from course.outage.incident.replay import Replay, Summary
from course.outage.telemetry.series import Sample
from course.panel.june_picture import picture

BARS = " ▁▂▃▄▅▆▇█"
STEP_S = 0.5


def play(replay: Replay, console: Console) -> Summary:
    """Play `replay` on a live screen, and return its summary."""
    with Live(
        console=console, get_renderable=lambda: draw(replay), refresh_per_second=4
    ):
        return replay.run()


def draw(replay: Replay) -> RenderableType:
    """Return the screen for this moment of the replay."""
    samples = replay.telemetry.series(STEP_S, last_s=30)
    layout = Layout()
    layout.split_column(
        Layout(_header(replay), size=3),
        Layout(_charts(samples), size=9),
        Layout(_notes(replay), name="notes"),
    )
    return layout


def _header(replay: Replay) -> RenderableType:
    now = replay.telemetry.now
    clock = replay.clock.text(now) if replay.clock else "13:5x"
    alert = (
        Text(" ALERT: error budget burning ", style="bold white on red")
        if replay.alerting
        else Text(" no alert ", style="white on dark_green")
    )
    line = Text.assemble(
        (f" 5 June 2024, {clock} UTC ", "bold"),
        "  ",
        alert,
        f"   1 s here = {replay.plan.minutes_per_s:.1f} min then",
    )
    return Panel(line, title="The outage, replayed against real processes")


def _charts(samples: list[Sample]) -> RenderableType:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(width=20)
    table.add_column(no_wrap=True, ratio=1)
    table.add_column(justify="right", width=22)
    last = samples[-1] if samples else None

    def row(name: str, values: list[float], top: float, now: str, style: str) -> None:
        table.add_row(name, Text(bars(values, top), style=style), now)

    if last is not None:
        rates = [s.rate for s in samples]
        row("tries a second", rates, max([*rates, 1]), f"{last.rate:.0f}/s", "cyan")
        good = [s.good_rate for s in samples]
        row(
            "answered with 2xx",
            good,
            max([*rates, 1]),
            f"{last.good_rate:.0f}/s",
            "green",
        )
        errors = [s.error_share for s in samples]
        row("failed", errors, 1.0, f"{last.error_share:.0%}", "red")
        latency = [s.p99_ms or 0.0 for s in samples]
        row("latency, p99", latency, 1000.0, _ms(last.p99_ms), "yellow")
        database = [s.db_ms or 0.0 for s in samples]
        row("database query", database, 10.0, _ms(last.db_ms), "blue")
        ready = [float(s.replicas_up) for s in samples]
        top = max([*ready, 1.0])
        now = f"{last.replicas_up} ready, {last.restarts} died"
        row("replicas", ready, top, now, "magenta")
    return Panel(table, title="the last 30 s")


def bars(values: list[float], top: float) -> str:
    """Return `values` as block characters, of which `top` (or more) is the tallest."""
    steps = len(BARS) - 1
    return "".join(BARS[round(min(max(v / top, 0.0), 1.0) * steps)] for v in values)


def _notes(replay: Replay) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", width=5)
    table.add_column()
    for when, text in replay.notes[-8:]:
        table.add_row(when, text)
    return Panel(table, title="the incident's log")


def _ms(value: float | None) -> str:
    return "no answer" if value is None else f"{value:.1f} ms"


def show_summary(replay: Replay, summary: Summary, console: Console) -> None:
    """Print the whole log and the figures, for reading after the run."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", width=5)
    table.add_column()
    for when, text in replay.notes:
        table.add_row(when, text)
    figures = Table(show_header=False, box=None, padding=(0, 2))
    for name, share in (
        ("before the first malformed request", summary.success_before),
        ("during the outage", summary.success_during),
        ("after the fix", summary.success_after),
    ):
        percent = "no request" if share is None else f"{share:.1%}"
        figures.add_row(f"well-formed requests served {name}", percent)
    figures.add_row("processes that died", _counts(summary.exit_codes, "exit code "))
    figures.add_row("what ended them", _counts(summary.exception_types))
    figures.add_row(
        "failed tries",
        f"{summary.http_500} with a 500, {summary.resets} cut off,"
        f" {summary.timeouts} timed out",
    )
    fired = summary.alert_fired_s
    figures.add_row(
        "the alert fired",
        "never"
        if fired is None
        else f"{fired:.1f} s after the first malformed request",
    )
    console.print(Panel(Group(table, "", figures), title="What happened"))


def draw_picture(replay: Replay, path: Path) -> None:
    """Write a chart of the whole run to `path`, as SVG."""
    plan = replay.plan
    svg = picture(replay.telemetry, plan.minutes_per_s, plan.title)
    path.write_text(svg, "utf-8")


def _counts(counts: dict[str, int], prefix: str = "") -> str:
    named = (f"{n} × {prefix}{name or 'unknown'}" for name, n in counts.items())
    return ", ".join(named) or "none"
