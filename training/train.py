"""From labelled rows to a version: validate on unseen authors, calibrate, certify, fit on all."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models import versions
from models.classifier import Classifier
from models.decision import Policy
from models.errors import DatasetError
from models.linear import Linear
from models.terms import Analyzer
from models.words import Segmenter
from training import outcomes
from training.calibrate import Scored, temperature
from training.certify import certify, certify_sample
from training.curve import learning_curve
from training.dataset import Dataset, check_learnable
from training.fit import Counts, Fitted, Recipe, count_terms, fit
from training.folds import Folds, split
from training.metrics import Judged
from training.outcomes import Kept
from training.page import build_page
from training.report import HEADLINE, build_report, render_report, to_json
from training.select import suited_recipe, suited_weight
from training.shares import adjusted, estimated_shares, shares_of, stated_shares, thinned
from training.validate import HeldOut, Progress, Shift, cross_fit, hold_out, text_limits

LEAST_ARCHIVE = 200
"""Fewer unlabelled petitions tell no shares."""

_PORTION = 500

ALSO_THRESHOLD = 0.25
"""Another area of at least this confidence is named in ``also``."""


@dataclass(frozen=True)
class Options:
    """What a caller decides: the share of ``auto`` decisions to be right, the seed.

    ``shares`` are an office's shares of some areas, where they are not those of the rows;
    ``archive`` are folded texts of unlabelled petitions to estimate all shares from instead.
    ``curve`` adds the learning curve to the report, which takes several more fits. Without a
    ``recipe``, the shipped one is used beside shipped rows, with a weight for the office's that is
    chosen by validation; for rows that are all an office's, the whole recipe is.
    """

    target_precision: float = 0.95
    seed: int = 0
    curve: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)
    archive: Sequence[str] | None = None
    recipe: Recipe | None = None


@dataclass(frozen=True)
class Trained:
    """A classifier that is not saved yet, and what its validation found."""

    classifier: Classifier
    report: dict[str, Any]
    provenance: dict[str, Any]
    kept: Kept

    def save(self, root: Path) -> str:
        """Write it as a new version of the store in ``root``; the version's id."""
        reports = {
            "report.json": to_json(self.report).encode(),
            "report.txt": render_report(self.report).encode(),
            "report.html": build_page(self.report, self.classifier.taxonomy).encode(),
            outcomes.FILE: outcomes.to_bytes(self.kept),
        }
        return versions.save(root, self.classifier, self.provenance, reports)


def train(
    dataset: Dataset, lexicon: Mapping[str, int], options: Options, progress: Progress
) -> Trained:
    """Fit on all rows, after measuring on held-out authors what such a fit is worth.

    Raises DatasetError where there is too little to learn from.
    """
    check_learnable(dataset)
    _check_shares(dataset, options)
    start = options.recipe or Recipe(least_rows=1 if dataset.are_local().all() else 3)
    analyzer = Analyzer(Segmenter(lexicon), start.sizes)
    progress("counting terms", 0, 1)
    counts = count_terms(analyzer, [row.folded for row in dataset.rows], start.least_rows)
    progress("counting terms", 1, 1)
    if not counts.terms:
        raise DatasetError("no term stands in the rows", remedy="give more rows, or longer texts")
    progress("finding what belongs together", 0, 1)
    folds = split(dataset, options.seed)
    progress("finding what belongs together", 1, 1)
    recipe = options.recipe or _chosen(dataset, counts, folds, start, options.seed, progress)
    held_out = hold_out(dataset, counts, folds, recipe, options.seed, progress)
    progress("fitting on all rows", 0, 1)
    rows = np.arange(len(dataset.rows))
    fitted = _calibrated(fit(dataset, counts, rows, recipe, options.seed), held_out, dataset)
    progress("fitting on all rows", 1, 1)
    shift = _shift(fitted, analyzer, dataset, options)
    policy = _policy(fitted.areas, shift, held_out, dataset, folds, options)
    classifier = Classifier(
        "unsaved",
        dataset.taxonomy,
        analyzer,
        fitted.vocabulary,
        _shifted(fitted.areas, shift),
        fitted.topics,
        policy,
    )
    outcome = cross_fit(held_out, dataset, folds, options.target_precision, shift)
    about = _about(dataset, folds, options, shift, recipe)
    if options.curve:
        points = learning_curve(dataset, counts, folds, recipe, options.seed, progress)
        about["learning_curve"] = [point._asdict() for point in points]
    report = build_report(
        dataset.of(shift.kept),
        outcome.of(shift.kept),
        held_out.topics_of(outcome.predicted)[shift.kept],
        classifier,
        about,
    )
    # Versions are compared at the shares of their rows, whatever the office's are.
    if not shift.kept.all():
        outcome = cross_fit(held_out, dataset, folds, options.target_precision, _no_shift(dataset))
    kept = outcomes.keep(dataset, outcome)
    return Trained(classifier, report, _provenance(dataset, report, options, recipe), kept)


def _chosen(
    dataset: Dataset, counts: Counts, folds: Folds, start: Recipe, seed: int, progress: Progress
) -> Recipe:
    """The recipe that held-out rows ask for; beside shipped rows only the weight of local ones."""
    if dataset.are_local().all():
        return suited_recipe(dataset, counts, folds, start, seed, progress)
    return suited_weight(dataset, counts, start, seed, progress)


def _calibrated(fitted: Fitted, held_out: HeldOut, dataset: Dataset) -> Fitted:
    """The same models with the temperatures that their held-out scores ask for.

    One temperature serves all topic models: most have too few rows for one of their own.
    """
    areas = Scored(held_out.labels, held_out.scores, dataset.areas())
    heat, topic_heat = temperature([areas]), temperature(held_out.topic_scores)
    topics = {
        area: dataclasses.replace(model, temperature=topic_heat)
        for area, model in fitted.topics.items()
    }
    return fitted._replace(areas=dataclasses.replace(fitted.areas, temperature=heat), topics=topics)


def _shift(fitted: Fitted, analyzer: Analyzer, dataset: Dataset, options: Options) -> Shift:
    """What the office's shares change; nothing where they are neither stated nor estimated."""
    labels, areas = fitted.areas.labels, dataset.areas()
    learnt = shares_of(areas, labels)
    if options.archive is not None:
        starts = range(0, len(options.archive), _PORTION)
        portions = [options.archive[start : start + _PORTION] for start in starts]
        rows = (fitted.vocabulary.rows(texts, analyzer.segmenter) for texts in portions)
        confidences = [fitted.areas.confidences(fitted.areas.scores(each)) for each in rows]
        shares = estimated_shares(np.concatenate(confidences), learnt)
    elif options.shares:
        shares = stated_shares(options.shares, learnt, labels)
    else:
        return _no_shift(dataset)
    kept = np.zeros(len(areas), dtype=bool)
    kept[thinned(areas, labels, shares, options.seed)] = True
    return Shift(shares / learnt, kept)


def _no_shift(dataset: Dataset) -> Shift:
    n_labels = len(set(dataset.areas()))
    return Shift(np.ones(n_labels), np.ones(len(dataset.rows), dtype=bool))


def _check_shares(dataset: Dataset, options: Options) -> None:
    """Tell what is wrong with the shares before anything takes long."""
    labels = sorted(set(dataset.areas()))
    stated_shares(options.shares, shares_of(dataset.areas(), labels), labels)
    if options.archive is not None and len(options.archive) < LEAST_ARCHIVE:
        raise DatasetError(
            f"the archive has {len(options.archive)} readable texts",
            remedy=f"give at least {LEAST_ARCHIVE}, or state the shares",
        )


def _shifted(areas: Linear, shift: Shift) -> Linear:
    """The model at other shares: temperature · ln ratio more of bias is what ``adjusted`` does."""
    return dataclasses.replace(areas, bias=areas.bias + areas.temperature * np.log(shift.ratios))


def _policy(
    areas: Linear,
    shift: Shift,
    held_out: HeldOut,
    dataset: Dataset,
    folds: Folds,
    options: Options,
) -> Policy:
    """Certificates from held-out rows at the temperature and shares that the version answers at."""
    confidences = adjusted(held_out.scores, areas.temperature, shift.ratios)
    other = dataset.taxonomy.other
    limits = text_limits(held_out.chars, held_out.known, held_out.breadths)
    plain = limits.kept_by(held_out) & shift.kept
    judged = Judged(dataset.areas()[plain], held_out.labels, confidences[plain])
    certificates = {}
    if folds.authors_known:
        certificates = certify(
            judged, folds.groups[plain], options.target_precision, other, dataset.evidence
        )
    if certificates and dataset.evidence != "office":
        drawn = plain & dataset.samples()
        sample = Judged(dataset.areas()[drawn], held_out.labels, confidences[drawn])
        certificates |= certify_sample(
            sample, folds.groups[drawn], options.target_precision, certificates
        )
    return Policy(certificates, ALSO_THRESHOLD, other, *limits)


def _about(
    dataset: Dataset, folds: Folds, options: Options, shift: Shift, recipe: Recipe
) -> dict[str, Any]:
    """How the figures came about, for the report."""
    learnt = set(dataset.topics()) | set(dataset.areas())
    codes = [code for area in dataset.taxonomy for code in area.codes()]
    untaught = [code for code in codes if code not in learnt]
    silent = [f"never answered, having no rows: {', '.join(untaught)}"] if untaught else []
    n_local, weight = int(dataset.are_local().sum()), recipe.local_weight
    weighed = [f"each of the office's {n_local} rows counts {weight:g} times a shipped one"]
    n_kept, n = int(shift.kept.sum()), len(shift.kept)
    thin = [f"certified and measured on {n_kept} of {n} rows, thinned to the shares of the areas"]
    return {
        "share_ratios": dict(
            zip(np.unique(dataset.areas()).tolist(), shift.ratios.tolist(), strict=True)
        ),
        "folds": folds.count,
        "target_precision": options.target_precision,
        "evidence": dataset.evidence,
        "notes": [
            *([folds.note] if folds.note else []),
            *dataset.notes,
            *silent,
            *(weighed if 0 < n_local < n else []),
            *(thin if n_kept < n else []),
        ],
    }


def _provenance(
    dataset: Dataset, report: Mapping[str, Any], options: Options, recipe: Recipe
) -> dict[str, Any]:
    return {
        "data": dict(dataset.sources),
        "seed": options.seed,
        "recipe": dataclasses.asdict(recipe),
        "target_precision": options.target_precision,
        "metrics": {key: report[key] for key in HEADLINE},
    }
