"""Archives: every row of every table in, every row out, each with its answer or a named error.

    plan     which tables, and which result each becomes       ``make_plan``
    preview  what a file looks like before a long run          ``preview``
    run      the engine behind command line and web page       ``classify_archive``
    work     what an unfinished run leaves, so that the same command goes on
    shards   a bounded number of rows: classified, rendered, written as one part
    workers  shards in other processes of this machine; ``cluster``: on other machines; ``apart``:
             those that ended the process they were in
    results  how rows and answers are written

Rows stream through in shards, so that memory does not grow with the file. Shards are cut by the
rows alone and always classified in the same way: whoever works on them, in whatever order, however
often the run is killed, the result is the same.
"""

from service.archive.plan import Job, Plan, find_inputs, make_plan
from service.archive.preview import Preview, preview
from service.archive.run import Options, Progress, classify_archive, classify_file
from service.archive.shards import Columns, Model, Summary

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
    "classify_file",
    "find_inputs",
    "make_plan",
    "preview",
]
