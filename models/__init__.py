"""What a model is: a petition's text → terms → scores → calibrated, certified decision.

Read in this order: ``text`` (what is read of a petition), ``words`` and ``terms`` (what is
counted), ``linear`` (scores and confidences), ``decision`` (who may act on them), ``classifier``
(all of it together), ``explanation`` (why), ``versions`` and ``store`` (how it is kept).
``kernel`` does the work of ``words``, ``terms`` and ``linear`` faster where it could be compiled.
Nothing here knows scikit-learn, Flask or click.
"""
