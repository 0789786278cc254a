"""Functions over telemetry: tables of cases, the recorded outage, and messages."""

import random
import re
from typing import Any

from autograder.instruments.cases import Case, require_all
from autograder.instruments.expect import Unmet, check
from autograder.instruments.functions import Functions
from course.outage.telemetry.recording import june

Try = dict[str, Any]


def a_try(due: float, done: float, outcome: str = "ok", **other: bool) -> Try:
    return {
        "due": due,
        "done": done,
        "outcome": outcome,
        "last": True,
        "malformed": False,
        **other,
    }


def rounded(value: float) -> dict[Any, str]:
    """Where to look if the result is `value`, rounded to one to five places."""
    return {round(value, places): "rounding: not asked for." for places in range(1, 6)}


OK = a_try(1.0, 1.1)
FAILED = a_try(1.0, 1.1, "server_error")
THIRD_TIME = [
    a_try(1.0, 1.1, "reset", last=False),
    a_try(1.0, 1.3, "reset", last=False),
    a_try(1.0, 1.5),
]
LATE = "who is still there to get an answer that comes after WITHIN_S."
ENDS_DUE = "the ends of the window: from since up to, but without, until."
ENDS_DONE = "the ends of the window: after since, up to and with until."
DUE = "which moment puts a request into a window: when it was due."
DONE = "which moment puts a try into a window: when it ended."
EVIDENCE = "what may be said without any evidence."
OUTCOMES = "which outcomes the service is to blame for."
NO_PERCENT = "whether a share or a percentage was asked for."
ALLOWED = "which share may fail: what the objective leaves of 1."

AVAILABILITY = [
    Case(
        "three requests served and one failed",
        ([OK, OK, FAILED, OK], 0, 10),
        0.75,
        {0.25: "which share is asked for: that of the served ones.", 75.0: NO_PERCENT},
    ),
    Case(
        "two requests served and one failed",
        ([OK, FAILED, OK], 0, 10),
        2 / 3,
        rounded(2 / 3),
    ),
    Case(
        "one request served, at the third try",
        (THIRD_TIME, 0, 10),
        1.0,
        dict.fromkeys(
            (1 / 3, 0.0),
            "how many records one request has, and which of them tells how it ended.",
        ),
    ),
    Case(
        "a malformed request that failed, and a well-formed one that was served",
        ([a_try(1.0, 1.1, "server_error", malformed=True), OK], 0, 10),
        1.0,
        {0.5: "requests that nobody could have served."},
    ),
    Case(
        "a request answered 1.4 s after it was due",
        ([a_try(1.0, 2.4)], 0, 10),
        0.0,
        {1.0: LATE, None: "what a late answer is: a request that was not served."},
    ),
    Case(
        "a request answered 1.0 s after it was due",
        ([a_try(1.0, 2.0)], 0, 10),
        1.0,
        {0.0: "the limit itself: at most WITHIN_S is in time."},
    ),
    Case(
        "a request answered with a 4xx",
        ([a_try(1.0, 1.1, "client_error")], 0, 10),
        0.0,
        dict.fromkeys((1.0, None), "what counts as served: `ok`, and nothing else."),
    ),
    Case(
        "a request due before the window, though answered in it, and one due in it",
        ([a_try(0.9, 1.2, "reset"), a_try(1.5, 1.6)], 1.0, 2.0),
        1.0,
        {0.5: DUE},
    ),
    Case(
        "a request due in the window, and answered after it",
        ([a_try(1.9, 2.2)], 1.0, 2.0),
        1.0,
        {None: DUE, 0.0: DUE},
    ),
    Case(
        "a request due exactly at the start of the window",
        ([OK], 1.0, 2.0),
        1.0,
        {None: ENDS_DUE},
    ),
    Case(
        "a request due exactly at the end of the window, and one due in it",
        ([OK, a_try(2.0, 2.1, "reset")], 1.0, 2.0),
        1.0,
        {0.5: ENDS_DUE},
    ),
    Case(
        "no request in the window",
        ([OK], 5, 10),
        None,
        dict.fromkeys((0.0, 1.0), EVIDENCE),
    ),
    Case(
        "no request in the window but a malformed one",
        ([a_try(1.0, 1.1, "client_error", malformed=True)], 0, 10),
        None,
        dict.fromkeys((0.0, 1.0), EVIDENCE),
    ),
]

BURN = [
    Case(
        "one of ten tries failed, objective 99%",
        ([OK] * 9 + [FAILED], 0, 10, 0.99),
        10.0,
        {
            0.1: "what the share that failed is divided by.",
            0.1 / 0.99: "what is divided by what: the share that failed, by the share"
            " that may fail.",
            90.0: "which tries failed: not the ones that are ok.",
        },
    ),
    Case(
        "all tries failed, objective 99.9%",
        ([FAILED] * 3, 0, 10, 0.999),
        1000.0,
        {1 / 0.999: ALLOWED, 100.0: ALLOWED},
    ),
    Case(
        "one try cut off, one timed out, one 500, one answered 4xx, objective 90%",
        (
            [
                a_try(1, 2, outcome)
                for outcome in ("reset", "timeout", "server_error", "client_error")
            ],
            0,
            10,
            0.9,
        ),
        7.5,
        dict.fromkeys((10.0, 2.5, 5.0), OUTCOMES),
    ),
    Case(
        "a request that failed twice and then succeeded, objective 90%",
        (THIRD_TIME, 0, 10, 0.9),
        20 / 3,
        {
            0.0: "what burns the budget here: every try that failed, as in the error"
            " share.",
            **rounded(20 / 3),
        },
    ),
    Case(
        "a malformed request that got a 500, objective 90%",
        ([a_try(1.0, 1.1, "server_error", malformed=True)], 0, 10, 0.9),
        10.0,
        {
            0.0: "tries: a burn rate does not know who sent them. That is why the alert"
            " of lesson 01 could not tell either."
        },
    ),
    Case(
        "a try that failed exactly at the start of the window, and one that did not, in"
        " it",
        ([a_try(0, 1.0, "reset"), a_try(1.5, 1.8)], 1.0, 2.0, 0.9),
        0.0,
        {5.0: ENDS_DONE},
    ),
    Case(
        "a try that failed exactly at the end of the window, and one that did not, in"
        " it",
        ([a_try(1.5, 2.0, "reset"), a_try(1.5, 1.8)], 1.0, 2.0, 0.9),
        5.0,
        {0.0: ENDS_DONE},
    ),
    Case(
        "a try due before the window that failed in it",
        ([a_try(0.5, 1.2, "reset")], 1.0, 2.0, 0.9),
        10.0,
        {0.0: DONE},
    ),
    Case(
        "a try due in the window that failed after it, and one that did not, in it",
        ([a_try(1.5, 2.5, "reset"), a_try(1.2, 1.5)], 1.0, 2.0, 0.9),
        0.0,
        {5.0: DONE},
    ),
    Case(
        "no try in the window",
        ([OK], 5, 10, 0.999),
        0.0,
        {None: "what error_share returns when nothing ended."},
    ),
]

BUDGET = [
    Case(
        "43.2 minutes down, 99.9% over 30 days",
        (43.2, 0.999, 30),
        1.0,
        {100.0: NO_PERCENT, 43.2 / (30 * 1440 * 0.999): ALLOWED},
    ),
    Case(
        "the 90 minutes of June, 99.9% over 30 days",
        (90, 0.999, 30),
        90 / 43.2,
        {
            1.0: "whether more than all can be spent.",
            100 * 90 / 43.2: NO_PERCENT,
            1 - 90 / 43.2: "whether what is spent or what is left was asked for.",
            **rounded(90 / 43.2),
        },
    ),
    Case(
        "10 minutes down, 99% over 7 days",
        (10, 0.99, 7),
        10 / 100.8,
        dict.fromkeys(
            (10 / 43.2, 10 / 432, 10 / 10.08),
            "the arguments: neither the objective nor the days are always the same.",
        ),
    ),
    Case("nothing down", (0, 0.999, 30), 0.0),
]


@check("availability counts each valid request once, served if in time", points=2)
def test_availability_counts_requests(functions: Functions) -> None:
    require_all(functions, "availability", AVAILABILITY)


@check("availability is right for the recorded outage", points=1)
def test_availability_of_the_recording(functions: Functions) -> None:
    told = june()
    tries = [
        a_try(t.due, t.done, t.outcome, last=t.last, malformed=t.malformed is not None)
        for t in told.tries
    ]
    cases = [
        Case(
            f"the recording, from {since} s to {until} s",
            (tries, since, until),
            told.success(since, until),
        )
        for since, until in ((0, 10), (20, 40), (30, 31), (60, 70), (0, 70))
    ]
    require_all(functions, "availability", cases)


@check("burn_rate is the error share over what the objective allows", points=2)
def test_burn_rate(functions: Functions) -> None:
    require_all(functions, "burn_rate", BURN)


@check("budget_spent puts an outage against a period's budget", points=1)
def test_budget_spent(functions: Functions) -> None:
    require_all(functions, "budget_spent", BUDGET)


# Where 100 * failing has many decimals, where whole percents say all or none, and where
# a figure is often a word.
MESSAGES = [
    (0.98, 2, 7),
    (0.5, 11, 1),
    (0.58, 24, 12),
    (0.997, 33, 40),
    (0.003, 4, 0),
    (1.0, 90, 163),
]

PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:%|per\s?cent|pct)", re.IGNORECASE)
# What makes "nearly 100%" no claim of all.
HEDGE = re.compile(
    r"(nearly|almost|under|below|than|quite|over|above|close to|<|>)\s*$", re.IGNORECASE
)
SERVED = (
    r"\b(succe\w+|served|serving|answered|available|availability|healthy|work(s|ing)?)"
)
NOT_SERVED = (
    r"\b(no|not|never|nobody|without|lost|down|fail\w*|error\w*|un\w+)\b|n['’]t"
)
PROCESSES = (
    r"(process|replica|worker|instance|server|death|died|dead|crash|restart|lost|down)"
)
IN_WORDS = {
    0: rf"\b(no|zero|none|not (one|a single))\b(\W+\w+){{0,3}}?\W+{PROCESSES}"
    rf"|{PROCESSES}[^.;]*\b(no|none|zero|nothing)\b",
    1: rf"\b(one|an?|single|another)\b(\W+\w+){{0,2}}?\W+{PROCESSES}"
    rf"|{PROCESSES}[^.;]*\bone\b|\bonce\b",
}

# Words that guess, that explain, and that name what could be a cause. Symptoms (died,
# crashed, failing) are none of them.
GUESS = (
    r"(?<!no )(?<!not )(?<!n't )(?<!n’t )(?<!nothing )(?:"
    r"probabl[ey]|likely|presumabl[ey]|suspect\w*|guess\w*|perhaps|maybe|possibly"
    r"|apparently|assum\w+|believe\w*|think|seems?"
    r"|(?:look|smell|sound)(?:s|ed|ing)? (?:to \w+ )?like|points? (?:to|at)\b"
    r"|pointing (?:to|at)\b|(?:related|linked|traced) (?:back )?to"
    r"|(?:(?:could|might|may)(?: well)?|appears? to) be"
    r" (?:an?|the|our|due|down|from|some)\b"
    r")"
)
EXPLANATION = (
    r"because|due to|owing to|as a result of|thanks to|culprit|at fault"
    r"|blam(?:e|ing)(?! no)|(?:caused|triggered|brought down|overwhelmed) by \w"
    r"|stem(?:s|ming)? from|result(?:s|ed|ing)? from|cause (?:is|was) (?:an?|the|our)\b"
)
SUSPECT = (
    r"databas\w*|sqlite|sql\b|db\b|deploy\w*|releas\w*|roll-?outs?|bugs?\b"
    r"|network\w*|connectivity|dispatchers?|routing|malformed|poison\w*|exceptions?"
    r"|regressions?|\w+(?:Error|Exception)\b|event loop|threads?\b|over-?load\w*"
    r"|overwhelm\w*|load\b|load-balanc\w*"
    r"|too (?:much|many) (?:traffic|requests|users|clients)"
    r"|(?:high|heavy|peak|unusual|increased|extra|bad) traffic"
    r"|traffic is \w*(?: high|up)"
    r"|traffic (?:spike|surge|peak|jump|burst|growth|increase)|surge|flood\w*"
    r"|(?:spike|peak)s?(?! (?:in|of) (?:error|fail|5xx|500|death|crash|time))|memory"
    r"|oom\b|oom-?kill\w*|leak\w*|disks?\b|cpus?\b|hardware|kernel|storage"
    r"|file ?system|caches?\b|redis|kafka|postgres\w*|mysql|nginx|uvicorn|asyncio"
    r"|kubernetes|k8s\b|docker|queues?\b|pools?\b|deadlock\w*|race condition|dns\b"
    r"|certificate|tls\b|ssl\b|expired|firewall|prox(?:y|ies)|gateway|power\b|cloud"
    r"|aws\b|azure|gcp\b|data ?cent(?:er|re)|provider|vendor|third[- ]party|upstream"
    r"|dependenc\w+|librar(?:y|ies)|attack\w*|ddos|hack\w*|bots?\b|crawler|scraper"
    r"|(?:human|operator|programming|coding) (?:error|mistake)|typo"
    r"|(?:mis)?config\w*|migrations?|upgrades?|patch\w*|commits?\b|feature flag"
    r"|(?:new|latest|last|bad|faulty|recent|software|security|system|code)"
    r" (?:code|version|build|image|feature|update|change|service|binary)\w*"
    r"|(?:bad|invalid|broken|wrong) (?:request|client|input|data|header)s?|cron\b"
    r"|batch job|backups?\b|exhaust\w*|saturat\w*|r[au]n(?:ning)? out of|segfault\w*"
    r"|garbage|quota|rate limit\w*"
)
CAUSES = re.compile(rf"\b(?:{GUESS}|{EXPLANATION}|{SUSPECT})", re.IGNORECASE)

# To ask for something is no guess: "please hold all deployments".
CHANGES = r"(?:deploy|releas|roll-?out|migrat|upgrad|chang|restart|merg)\w*"
ASKED = re.compile(
    r"\b(?:please|hold|stop|pause|freeze|avoid|postpone|delay|halt|do not|don['’]t"
    r"|refrain from|no(?= (?:new|more|further|other)? ?\w+ (?:until|please|for now)))"
    r"(?: (?!while|as|because|until|after|since|roll|revert|undo)[\w-]+){0,4}?"
    rf" {CHANGES}"
    rf"(?:(?:,| and| or| and/or)(?: \w+)? {CHANGES})*"
    rf"|{CHANGES}(?: \w+){{0,2}} (?:on hold|paused|frozen|suspended|stopped|freeze)",
    re.IGNORECASE,
)


def messages(rng: random.Random) -> list[tuple[float, int, int]]:
    """The arguments of the messages: those above, and some drawn ones."""
    drawn = []
    for _ in range(3):
        minutes, deaths = rng.sample(range(2, 180), 2)
        drawn.append((rng.randint(20, 980) / 1000, minutes, deaths))
    return [*MESSAGES, *drawn]


def said(
    functions: Functions, arguments: list[tuple[float, int, int]]
) -> list[tuple[tuple[float, int, int], str]]:
    """The arguments with the message for each, or raise Unmet."""
    calls = functions.calls("impact", arguments)
    for given, call in zip(arguments, calls, strict=True):
        if call.ended != "returned" or not isinstance(call.value, str):
            raise Unmet(
                sent=f"impact{given}", saw=f"{call}.", expected="a sentence: text."
            )
    return [(given, c.value) for given, c in zip(arguments, calls, strict=True)]


def clause_around(text: str, place: int) -> str:
    """The part of `text` around `place` that ends at punctuation or a “but”."""
    ends = [m.span() for m in re.finditer(r"[.,;:!?()–—](?=\s|$)|\bbut\b|\n", text)]
    start = max((end for _, end in ends if end <= place), default=0)
    return text[start : min((s for s, _ in ends if s > place), default=len(text))]


def fault_of_percentage(text: str, failing: float) -> tuple[str, str]:
    """Return what to expect of the percentages in `text`, and where to look, if any."""
    found = list(PERCENT.finditer(text))
    figures = {m: float(m[1].replace(",", ".")) for m in found}
    near = [m for m, n in figures.items() if abs(n - 100 * failing) <= 1]
    if not found:
        return "the share that fails, in percent, such as “12%”.", ""
    if not near:
        return f"a percentage that is off from {failing:.1%} by at most one.", ""
    extreme = {0.0, 100.0} if failing < 1 else set()
    if any(
        n in extreme and not HEDGE.search(text[: m.start()]) for m, n in figures.items()
    ):
        return (
            f"a percentage that says {failing:.1%}, and does not claim all or none"
            " where there are some.",
            "what rounding to whole percents makes of shares near 0 and 1.",
        )
    around = clause_around(text, near[0].start())
    if re.search(SERVED, around, re.I) and not re.search(NOT_SERVED, around, re.I):
        return f"{failing:.1%} as the share of those that fail.", ""
    return "", ""


def fault_of_figures(text: str, minutes: int, deaths: int) -> str:
    """Return which of the two figures `text` lacks, or an empty string."""
    rest = PERCENT.sub("%", text)
    as_minutes = re.compile(
        rf"(?<![\d.]){minutes}\s*-?\s*(?:\w+\s+)?m(?:in\w*)?\b"
        rf"|\bmin\w*\b[^.;,\d]*[:=]\s*{minutes}(?![\d.]*\d)",
        re.IGNORECASE,
    )
    if not as_minutes.search(rest):
        return f"the minutes so far, as “{minutes} minutes” or “{minutes} min”."
    rest = as_minutes.sub("min", rest)
    in_digits = rf"(?<![\d.]){deaths}(?![\d.]*\d)"
    in_words = IN_WORDS.get(deaths, in_digits)
    if not re.search(f"{in_digits}|{in_words}", rest, re.IGNORECASE):
        return f"the number of deaths, {deaths}, as well."
    return ""


@check("The first message says how bad, for how long, how many deaths", points=2)
def test_the_message_says_how_bad(functions: Functions, seeded: random.Random) -> None:
    for arguments, text in said(functions, messages(seeded)):
        failing, minutes, deaths = arguments
        expected, look = fault_of_percentage(text, failing)
        if not expected and (expected := fault_of_figures(text, minutes, deaths)):
            look = "the three arguments: each is a fact that a reader waits for."
        if expected:
            raise Unmet(
                sent=f"impact{arguments}", saw=f"“{text}”", expected=expected, look=look
            )


@check("The first message names no cause", points=2)
def test_the_message_names_no_cause(
    functions: Functions, seeded: random.Random
) -> None:
    for arguments, text in said(functions, messages(seeded)):
        sent, saw = f"impact{arguments}", f"“{text}”"
        if len(re.findall(r"\w+", text)) < 5:
            raise Unmet(
                sent=sent,
                saw=saw,
                expected="a sentence that says something; saying nothing is no virtue.",
            )
        if found := CAUSES.search(ASKED.sub(" ", text)):
            raise Unmet(
                sent=sent,
                saw=saw,
                expected=f"no cause: “{found[0]}” is a guess at this point.",
                look="the difference between what you observe and what explains it.",
            )
