"""Predictions: answers that learners commit to before the run that settles them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import ipywidgets as widgets
from jinja2 import Template

from course.learner import curriculum

from .display import STYLE, Shown, marked
from .run import Run, RunIncomplete

# Up to this lag, an answer that the course did not expect is accepted. Above it, the
# machine may be the cause. In seconds of the worst second: see Telemetry.lag.
SURPRISED_UP_TO_S = 0.3
OFFER = (
    "You can look at the same run as it was recorded on a quiet machine. Without a"
    " button to press, call .show_recorded() of this prediction."
)


@dataclass(frozen=True)
class Observed:
    """What runs show: the letter `key` of an option, or None if they do not settle it.

    `figure` is the number behind it, such as "4.5 s"; it is shown large. `says` goes on
    from there to the end of the sentence, and may add others.
    """

    key: str | None
    figure: str = ""
    says: str = ""

    def __str__(self) -> str:
        return f"{self.figure} {self.says}".strip()


class Prediction:
    """A question with `options`; the learner commits to one, and may not change it.

    `look` tells from the runs which option came true. The course expects `answer`, a
    letter, and shows `because` when that is observed. In a front end without widgets,
    `commit("b")` commits, and `how` says so.
    """

    kicker = "Predict"
    how = 'Without a button to press: .commit("a"), with your letter, commits to one.'

    def __init__(
        self,
        question: str,
        options: Sequence[str],
        answer: str,
        because: str = "",
        look: Callable[..., Observed] = lambda *_: Observed(None),
    ) -> None:
        self.question = question
        self.options = dict(zip("abcdefgh", options, strict=False))
        self.answer, self.because, self.look = answer, because, look
        self.committed: str | None = None
        self.observed: str | None = None
        self._runs: tuple[Run, ...] = ()
        self._shown: Shown | None = None
        self._choice = widgets.RadioButtons(
            options=[(f"{key}) {text}", key) for key, text in self.options.items()],
            value=None,
            layout=widgets.Layout(width="auto"),
        )
        self._button = widgets.Button(description="Commit", button_style="primary")
        self._message = widgets.HTML()
        self._button.on_click(lambda _: self._commit(self._choice.value))

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the prediction of a module and a name: "05 back". Raises KeyError."""
        number, _, name = name.partition(" ")
        module = curriculum.module(number).name
        data = curriculum.questions(module)["predictions"][name]
        look = curriculum.observations(module)[observation(name)]
        return cls(**data, look=look)

    def commit(self, key: str | None) -> None:
        """Commit to an option by its letter, and print the reply."""
        print(self._commit(key))

    def _commit(self, key: str | None) -> str:
        if self.committed is not None:
            return f"You have committed to {self.committed}) already."
        if key not in self.options:
            reply = "Choose one first."
            self._message.value = f'<div role="status">{reply}</div>'
            return reply
        self.committed = key
        reply = self.reply_to(key)
        if self._shown:
            self._shown.replace(self._after(reply), f"{self.question}\n{reply}")
        return reply

    def reply_to(self, key: str) -> str:
        """Return what the learner reads on committing to `key`."""
        return f"Committed to {key}). Run the next cells to see."

    def show(self) -> None:
        """Show the question to the learner."""
        options = "\n".join(f"  {key}) {text}" for key, text in self.options.items())
        question = f'<div class="outage-question">{marked(self.question)}</div>'
        kicker = f'<div class="outage-kicker">{self.kicker}</div>'
        title = widgets.HTML(f"{STYLE}{kicker}{question}")
        box = widgets.VBox([title, self._choice, self._button, self._message])
        box.add_class("outage-prediction").add_class("outage-card")
        self._shown = Shown(
            self.card(paragraphs=["Run this cell again to answer."]),
            f"{self.question}\n{options}\n{self.how}",
            box,
        )

    # --- the outcome

    def reveal(self, *seen: Any) -> None:
        """Show which option `look` observes in what was `seen`, next to the predicted.

        What was seen are runs, or whatever else the lesson's cells have brought. Where
        runs do not settle it, say why, and offer those that were recorded on a quiet
        machine.
        """
        self.observed = None
        self._runs = tuple(one for one in seen if isinstance(one, Run))
        try:
            observed = self.look(*seen)
            lag_s = max((run.lag for run in self._runs), default=0.0)
        except RunIncomplete as exc:
            paragraphs = [f"Nothing was observed. {exc}"]
        else:
            if observed.key and (
                observed.key == self.answer or lag_s <= SURPRISED_UP_TO_S
            ):
                self.observed = observed.key
                Shown(self._revealed(observed), self._in_words(observed))
                return
            paragraphs = [f"{busy(lag_s)} {observed}".strip()]
            if self._runs:
                cells = " and ".join(f'"{run.name}"' for run in self._runs)
                again = f"Run the cell with {cells} in it again, then this one."
                paragraphs.append(again)
        if self._runs:
            self._offer([*paragraphs, OFFER])
        else:
            card = self.card("Not settled", paragraphs=paragraphs)
            Shown(card, "\n".join(paragraphs))

    def show_recorded(self) -> None:
        """Show the recorded runs, and the option that they settle."""
        charts, observed = self._recorded()
        card = self._revealed(observed, "Recorded")
        Shown(charts + card, self._in_words(observed, "Recorded"))

    def _recorded(self) -> tuple[str, Observed]:
        """Return charts and what they show. Raises RecordingUnreadable."""
        runs = [Run.of_recording(run.lesson, run.name) for run in self._runs]
        return "".join(run.picture() for run in runs), self.look(*runs)

    def _offer(self, paragraphs: list[str]) -> None:
        """Show `paragraphs`, and a button for the recorded runs."""
        button = widgets.Button(
            description="Show the recorded run",
            layout=widgets.Layout(width="max-content"),
        )
        card = self.card("Not settled", paragraphs=paragraphs)
        box = widgets.VBox([widgets.HTML(card), button])
        box.add_class("outage-recorded")
        text = "\n".join(paragraphs)
        shown = Shown(card, text, box)

        def clicked(_: widgets.Button) -> None:
            charts, observed = self._recorded()
            recorded = self._revealed(observed, "Recorded")
            words = self._in_words(observed, "Recorded")
            shown.replace(card + charts + recorded, f"{text}\n{words}")

        button.on_click(clicked)

    def _explained(self, key: str) -> list[str]:
        if key == self.answer:
            return [
                " ".join(p.split()) for p in self.because.split("\n\n") if p.strip()
            ]
        return [f"The course expected {self.answer}) {self.options[self.answer]}."]

    def _beside(self, key: str) -> str:
        if self._shown is None:
            return ""
        if self.committed is None:
            return "You had not committed to an answer this time."
        if self.committed == key:
            return "As you predicted."
        return f"You predicted: {self.committed}) {self.options[self.committed]}."

    def _in_words(self, observed: Observed, how: str = "Observed") -> str:
        key = str(observed.key)
        stop = "" if self.options[key].endswith((".”", ".")) else "."
        lines = [f"{how}: {key}) {self.options[key]}{stop} {observed}".strip()]
        lines += [*self._explained(key), self._beside(key)]
        return "\n".join(line for line in lines if line)

    def _revealed(self, observed: Observed, how: str = "Observed") -> str:
        key = str(observed.key)
        marks = {key: how.lower()}
        right = self.committed == key if self.committed else None
        return self.card(
            how, marks, self._explained(key), observed, right, self._beside(key)
        )

    def _after(self, reply: str) -> str:
        """Return the card of the question once the learner has committed."""
        return self.card(paragraphs=[reply])

    def card(
        self,
        kicker: str = "",
        marks: dict[str, str] | None = None,
        paragraphs: Sequence[str] = (),
        observed: Observed | None = None,
        right: bool | None = None,
        beside: str = "",
    ) -> str:
        """Return the question and its options as HTML, with what has become of them.

        `marks` says of options, by their letters, what they turned out to be. `right`
        is whether the learner's choice is one of them, and `beside` says so.
        """
        return str(
            CARD.render(
                style=STYLE,
                kicker=kicker or self.kicker,
                question=self.question,
                options=self.options,
                chosen=self.committed,
                marks=marks or {},
                paragraphs=paragraphs,
                observed=observed,
                right=right,
                beside=beside,
                marked=marked,
            )
        )


CARD = Template(
    """\
{{ style }}<section class="outage-card outage-prediction\
{{ {true: " outage-right", false: " outage-wrong"}.get(right, "") }}" role="status">
<div class="outage-kicker">{{ kicker }}</div>
{% if observed and observed.figure %}
<div class="outage-figure">{{ observed.figure | e }}</div>
{% endif %}
{% if observed and observed.says %}
<p class="outage-says">{{ marked(observed.says) }}</p>
{% endif %}
<div class="outage-question">{{ marked(question) }}</div>
<ul class="outage-options">
{% for key, text in options.items() %}
<li{% if key in marks or key == chosen %} class="outage-marked"{% endif %}>\
{{ key }}) {{ marked(text) }}
{% if key in marks %}
<span class="outage-tag outage-true">✓ {{ marks[key] }}</span>
{% endif %}
{% if key == chosen %}
<span class="outage-tag{{ " outage-false" if right is false }}">your choice</span>
{% endif %}
</li>
{% endfor %}
</ul>
{% if beside %}
<p><strong>{{ marked(beside) }}</strong></p>
{% endif %}
{% for paragraph in paragraphs %}
<p>{{ marked(paragraph) }}</p>
{% endfor %}
</section>
""",
    trim_blocks=True,
    lstrip_blocks=True,
)


def observation(name: str) -> str:
    """Return the name of the function that settles the prediction `name`."""
    return re.sub(r"\W", "_", name)


def predict(name: str) -> Prediction:
    """Ask the prediction of a module and a name, such as "05 back", and return it."""
    prediction = Prediction.named(name)
    prediction.show()
    return prediction


def busy(lag_s: float) -> str:
    """Return why a run on a machine that was `lag_s` late does not settle it."""
    if lag_s <= SURPRISED_UP_TO_S:
        return "This run does not tell."
    return (
        "This machine was too busy to tell: in the worst second of the run, its"
        f" processes stood ready for {lag_s:.1f} s and got no processor."
    )
