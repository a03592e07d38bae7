"""Answers as a model might give them, for tests of what becomes of them."""

from models.decision import Reason
from models.prediction import Prediction, Ranked
from models.text import Petition

VERSION = "20261128-090000-aaaaaaaa"


def answer(
    area: str | None = "safety",
    confidence: float = 0.6,
    reasons: tuple[Reason, ...] = (Reason.BELOW_THRESHOLD,),
    topic: str | None = "telecom-fraud",
) -> Prediction:
    """A prediction; without reasons it is decided ``auto``."""
    if area is None:
        return Prediction(VERSION, (), (Reason.NO_EVIDENCE,))
    best = Ranked(area, "保民安", confidence)
    rest = Ranked("other", "不属六项", 1 - confidence)
    return Prediction(VERSION, (best, rest), reasons, best, topic, "电信网络诈骗", 0.9)


def petition(number: int | str, text: str = "我在网上刷单被骗了，请公安机关尽快破案。") -> Petition:
    """A petition with this id."""
    return Petition(text, "求助", str(number))
