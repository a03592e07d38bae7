"""Files that people upload: classified, or brought back corrected, while they do something else.

    job          what is known of an uploaded file, in a folder of its own    ``Jobs``, ``Job``
    runner       what there is to do, one process after another               ``Runner``
    worker       such a process: ``python -m service.jobs.worker``
    reading      what a file looks like, before anything is done with it
    classifying  all its rows classified, kept for review, and written
    downloads    the results as people take them with them
    bringing     a corrected result read, and its reviews written

The web process only writes ``job.json``; the worker writes everything else in the folder, always
whole. Whatever of both ends in the middle, the same work is taken up again.
"""

from service.jobs.job import Choices, Job, Jobs, Kind, State
from service.jobs.runner import Runner

__all__ = ["Choices", "Job", "Jobs", "Kind", "Runner", "State"]
