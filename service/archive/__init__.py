"""Archives: every row of every table in, every row out, each with its answer or a named error.

    plan         which tables, and which result each becomes       ``make_plan``
    preview      what a file looks like before a long run          ``preview``
    run          the engine behind command line and web page       ``classify_archive``
    work         what an unfinished run leaves, so that the same call goes on
    shards       a bounded number of rows, all that is needed to classify them elsewhere
    classifying  what is done with a shard; ``apart``: with one that ended its process
    workers      shards in other processes of this machine; ``cluster``: on other machines
    parts        what shards come to; ``results`` and ``books``: how they are written
    progress     how far it is; ``summary``: what came of it

Rows stream through in shards, so that memory does not grow with the file. Shards are cut by the
rows alone and always classified in the same way: whoever works on them, in whatever order, however
often the run is killed, the result is the same. A page that takes a file does no more than

    plan = make_plan([upload], out)                      # raises FileError: tell it
    model = Model(store.folder / version, classifier)    # the classifier that is loaded already
    summary = classify_archive(plan, model, Options(), on_progress, should_stop)

in a process of its own; ``dataclasses.asdict(progress)`` is ready for JSON, and
``discard(plan)`` forgets what a run that was stopped has done.
"""

from service.archive.plan import Job, Plan, find_inputs, make_plan
from service.archive.preview import Preview, preview
from service.archive.progress import Progress
from service.archive.run import Options, classify_archive
from service.archive.shards import Columns, Model
from service.archive.summary import Summary
from service.archive.work import discard

__all__ = [
    "Columns",
    "Job",
    "Model",
    "Options",
    "Plan",
    "Preview",
    "Progress",
    "Summary",
    "classify_archive",
    "discard",
    "find_inputs",
    "make_plan",
    "preview",
]
