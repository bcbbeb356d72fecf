"""A policy in words for people and in fields for programs; docs/policies.md tells the fields."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TextIO, assert_never

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import SecondEngine, TwoLooks
from fairplate.policy.document import DEFAULT_FIGURES
from fairplate.policy.hot_lists import entry_life
from fairplate.policy.presets import DEFAULT_PRESET
from fairplate.policy.rules import Figure, KeptFor, Policy, UntilCaseEnds, period_length
from fairplate.policy.times import format_span

_PIPE_WIDTH = 10_000  # no line is cut or wrapped where a program reads along
_PERCENT = 100
_COLUMNS = ("name", "title", "non-hits kept", "hits kept", "purposes", "statute read for")


def policy_fields(policy: Policy) -> dict[str, object]:
    """Return the policy as JSON fields; spans in whole seconds, purposes in the list's order."""
    period = period_length(policy.non_hits_kept)
    refreshed = policy.hot_lists_refreshed
    return {
        "name": policy.name,
        "title": policy.title,
        "jurisdiction": policy.jurisdiction,
        "non_hits_kept_s": _seconds(policy.non_hits_kept),
        "period_s": None if period is None else _seconds(period),
        "lone_hit_kept_s": _seconds(policy.lone_hit_kept),
        "hits_until_case_ends": isinstance(policy.hits_kept, UntilCaseEnds),
        "purposes": [purpose.value for purpose in Purpose if purpose in policy.purposes],
        "approvals": policy.approvals,
        "longest_look_back_s": _seconds(policy.longest_look_back),
        "exigent": policy.exigent,
        "hot_lists_refreshed_s": None if refreshed is None else _seconds(refreshed),
        "references": {purpose.value: list(forms) for purpose, forms in policy.references},
        "two_looks": policy.two_looks.value,
        "second_engine": policy.second_engine.value,
        "plate_in_subject": policy.plate_in_subject,
        "repeat_window_s": _seconds(policy.repeat_window),
        "wrong_alerts_percent": _percent(policy.wrong_alerts),
        "least_chance_percent": _percent(policy.least_chance),
        "entry_life_s": {p.value: _seconds(entry_life(policy, p)) for p in Purpose},
        "figures": {
            figure.value: {
                "known": basis.known,
                "source": basis.source,
                "statute_read": basis.statute_read,
            }
            for figure, basis in policy.bases
        },
        "notes": list(policy.notes),
    }


def problem_fields(problem: InputError | PolicyError) -> dict[str, object]:
    """Return one problem of a file as JSON fields; `refused`: policy forbids it."""
    return {"refused": isinstance(problem, PolicyError), "message": str(problem)}


def policies_table(policies: Sequence[Policy], out: TextIO) -> None:
    """Print a table of `policies`, one a row."""
    table = Table()
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for policy in policies:
        table.add_row(*(Text(cell) for cell in policy_row(policy)))
    width = None if out.isatty() else _PIPE_WIDTH
    Console(file=out, width=width, highlight=False).print(table)


def policy_row(policy: Policy) -> tuple[str, ...]:
    """Return what a table says of the policy, in the order of its columns."""
    name = f"{policy.name} (default)" if policy.name == DEFAULT_PRESET else policy.name
    figures = [figure for figure, basis in policy.bases if basis.statute_read]
    return (
        name,
        policy.title,
        format_span(policy.non_hits_kept),
        hits_words(policy),
        ", ".join(p for p in Purpose if p in policy.purposes),
        ", ".join(figures) or "none",
    )


def hits_words(policy: Policy) -> str:
    """Return how long hits are kept, in words."""
    time = format_span(policy.lone_hit_kept)
    match policy.hits_kept:
        case KeptFor():
            return time
        case UntilCaseEnds():
            return f"until the case ends; without one {time}"
        case _:
            assert_never(policy.hits_kept)


def policy_lines(policy: Policy) -> Iterator[str]:
    """Yield the policy as lines: its title, each figure with its source, and the notes."""
    yield f"{policy.name}: {policy.title}"
    for figure, basis in policy.bases:
        yield f"  {_label(figure)}: {figure_words(policy, figure)}"
        read = "statute read" if basis.statute_read else "statute not read"
        silent = "" if basis.known else "; not given there, so the strictest stands"
        yield f"      {basis.source} ({read}{silent})"
    unsaid = [figure for figure in DEFAULT_FIGURES if policy.basis(figure) is None]
    if unsaid:
        yield "  not in the file, so Fairplate's own figures stand:"
    for figure in unsaid:
        yield f"    {_label(figure)}: {figure_words(policy, figure)}"
    period = period_length(policy.non_hits_kept)
    if period is not None:
        yield f"  keys: one for every {format_span(period)}, aligned to midnight UTC"
    yield "  notes:"
    for note in policy.notes:
        yield f"    - {note}"


def figure_words(  # noqa: C901, PLR0911, PLR0912 - one a figure
    policy: Policy, figure: Figure
) -> str:
    """Return the value of one figure in words."""
    match figure:
        case Figure.NON_HITS_KEPT:
            return format_span(policy.non_hits_kept)
        case Figure.HITS_KEPT:
            return hits_words(policy)
        case Figure.PURPOSES:
            return ", ".join(p for p in Purpose if p in policy.purposes)
        case Figure.APPROVALS:
            return f"{policy.approvals} besides the one who asks"
        case Figure.LONGEST_LOOK_BACK:
            return format_span(policy.longest_look_back)
        case Figure.EXIGENT:
            return "allowed, approval owed afterwards" if policy.exigent else "not allowed"
        case Figure.HOT_LISTS_REFRESHED:
            return f"every {format_span(policy.hot_lists_refreshed or timedelta(0))}"
        case Figure.REFERENCES:
            return "; ".join(f"{p} as {' or '.join(forms)}" for p, forms in policy.references)
        case Figure.TWO_LOOKS:
            return _two_looks_words(policy.two_looks)
        case Figure.SECOND_ENGINE:
            return _second_engine_words(policy.second_engine)
        case Figure.PLATE_IN_SUBJECT:
            return "allowed" if policy.plate_in_subject else "not allowed"
        case Figure.REPEAT_WINDOW:
            return format_span(policy.repeat_window)
        case Figure.WRONG_ALERTS:
            return f"suspended above {_percent(policy.wrong_alerts)} %"
        case Figure.LEAST_CHANCE:
            percent = _percent(policy.least_chance)
            return f"held back below {percent} %" if percent else "no alert is held back for it"
        case Figure.ENTRY_LIFE:
            permitted = (p for p in Purpose if p in policy.purposes)
            return ", ".join(f"{p} {format_span(entry_life(policy, p))}" for p in permitted)
        case _:
            assert_never(figure)


def _two_looks_words(two_looks: TwoLooks) -> str:
    match two_looks:
        case TwoLooks.TOLD_UNCONFIRMED:
            return "told at once, as unconfirmed"
        case TwoLooks.HELD_UNTIL_CONFIRMED:
            return "held until a dispatcher has confirmed"
        case _:
            assert_never(two_looks)


def _second_engine_words(second_engine: SecondEngine) -> str:
    match second_engine:
        case SecondEngine.DOUBT:
            return "a doubt if it reads otherwise"
        case SecondEngine.HOLD_BACK:
            return "held back if it reads otherwise"
        case _:
            assert_never(second_engine)


def _percent(share: float) -> int:
    return round(share * _PERCENT)


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)


def _label(figure: Figure) -> str:
    return figure.replace("non_", "non-").replace("_", " ")
