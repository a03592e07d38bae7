"""``classify``: one answer per text."""

import json
import sys
from collections.abc import Iterator

import click

from models.decision import Decision
from models.errors import InputError
from models.prediction import Prediction
from models.store import Store
from models.text import Petition
from service.cli.options import EXIT_ROW_ERRORS, store_option


@click.command("classify")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--explain", is_flag=True, help="Add the words that decided.")
@click.option("--version", help="Another version than the promoted one.")
@store_option
def command(
    texts: tuple[str, ...], as_json: bool, explain: bool, version: str | None, store: Store
) -> None:
    """Classify each TEXT, or each line of standard input with "-"."""
    if not texts:
        raise click.UsageError("give a TEXT, or - to read one a line from standard input")
    classifier = store.load(version)
    failed = False
    for text in _texts(texts):
        try:
            prediction = classifier.classify(Petition(text), explain=explain)
        except InputError as error:
            failed = True
            click.echo(_failed_line(error, as_json))
            continue
        click.echo(
            json.dumps(prediction.answer(), ensure_ascii=False) if as_json else render(prediction)
        )
    if failed:
        sys.exit(EXIT_ROW_ERRORS)


def render(prediction: Prediction) -> str:
    """The answer in one line for people, and a line for the words where they are explained."""
    if prediction.area is None:
        return f"?\t{prediction.decision}: {', '.join(prediction.reasons)}"
    reasons = f": {', '.join(prediction.reasons)}" if prediction.decision is Decision.REVIEW else ""
    place = " · ".join(filter(None, [prediction.area.name, prediction.topic_name]))
    line = f"{place}\t{prediction.area.confidence:.0%}\t{prediction.decision}{reasons}"
    if prediction.explanation is not None:
        words = " ".join(f"{e.text}{e.weight:+.2f}" for e in prediction.explanation.evidence[:12])
        line += f"\n\t{words}"
    return line


def _texts(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        if text == "-":
            yield from (line.rstrip("\r\n") for line in sys.stdin or ())
        else:
            yield text


def _failed_line(error: InputError, as_json: bool) -> str:
    if not as_json:
        return f"error\t{error.code}: {error}"
    return json.dumps({"id": None, "error": {"code": error.code, "detail": str(error)}})
