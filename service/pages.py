"""The page for clerks: a petition goes in, an answer with its reasons and its words comes out."""

from dataclasses import dataclass
from itertools import pairwise

from flask import Blueprint, render_template, request

from models.decision import Reason
from models.errors import InputError, TriageError
from models.prediction import Evidence, Prediction
from models.text import Petition
from service.api import running
from service.monitoring import monitoring

pages = Blueprint("pages", __name__)

REASONS = {
    Reason.BELOW_THRESHOLD: "把握不够大，需要人工确认",
    Reason.CLOSE_SECOND: "另一个领域也很接近",
    Reason.NO_EVIDENCE: "文中没有模型认识的词语，无法判断",
    Reason.TOO_SHORT: "文字太短，比模型学过的绝大多数信访件都短",
    Reason.UNFAMILIAR: "文字不像模型学过的信访件，可能不是信访件",
    Reason.NARROW_EVIDENCE: "判断只依据很少几个词语，需要人工确认",
    Reason.TRUNCATED: "文字太长，只读了开头和结尾各一万字",
    Reason.AREA_NOT_CERTIFIED: "这个领域还没有取得自动分办的证明，一律由人工确认",
    Reason.OTHER_AREA: "判断为不属六项，一律由人工确认",
}

ERRORS = {
    "text-empty": "没有看到文字。请粘贴信访件的内容。",
    "text-malformed": "文字里有损坏的字符。请重新复制一次再粘贴。",
}
NO_MODEL = "模型还没有准备好。请联系管理员（运行 petition-triage train）。"

MARK_LEVELS = 3


@dataclass(frozen=True)
class Piece:
    """Consecutive characters of the petition; ``level`` is 0 where they did not decide."""

    text: str
    level: int


@pages.route("/", methods=["GET", "POST"])
def desk() -> str | tuple[str, int]:
    """The form, and below it the answer to what was sent."""
    if request.method == "GET":
        return render_template("desk.html")
    petition = Petition(request.form.get("text", ""), request.form.get("title") or None)
    try:
        classifier = running().classifier()
        prediction = classifier.classify(petition, explain=True)
        monitoring().answered([prediction])
    except InputError as error:
        monitoring().answered([error])
        return render_template("desk.html", petition=petition, problem=ERRORS[error.code]), 422
    except TriageError:
        return render_template("desk.html", petition=petition, problem=NO_MODEL), 503
    area = prediction.area.area if prediction.area else ""
    return render_template(
        "desk.html",
        petition=petition,
        prediction=prediction,
        reasons=[REASONS[reason] for reason in prediction.reasons],
        certificate=classifier.policy.certificates.get(area),
        fields=[(name, mark(content, name, prediction)) for name, content in petition.fields()],
    )


def mark(content: str, field: str, prediction: Prediction) -> list[Piece]:
    """The content cut where the strength of its evidence for the area changes."""
    explanation = prediction.explanation
    evidence = (
        [piece for piece in explanation.evidence if piece.field == field] if explanation else []
    )
    levels = _levels(len(content), evidence)
    cuts = [at for at in range(1, len(content)) if levels[at] != levels[at - 1]]
    bounds = [0, *cuts, len(content)]
    return [Piece(content[start:end], levels[start]) for start, end in pairwise(bounds)]


def _levels(length: int, evidence: list[Evidence]) -> list[int]:
    """0 to ``MARK_LEVELS`` for each character, by its share of the weight for the area."""
    weights = [0.0] * length
    for piece in evidence:
        for at in range(piece.start, piece.end):
            weights[at] += piece.weight / (piece.end - piece.start)
    most = max(weights, default=0.0)
    if most <= 0:
        return [0] * length
    return [max(0, round(MARK_LEVELS * weight / most)) for weight in weights]
