"""Petitions that were kept, and what people say of them. No Flask in here.

Open a database once per process, for all threads; nothing is made before the first call::

    db = open_database(settings)                             # service.reviews.database

    kept = record(db, petition, prediction, "desk")          # .records; PetitionDiffers
    kept = record_all(db, [(petition, prediction)], "upload")
    kept = get(db, petition_id)                              # PetitionUnknown
    page = listing(db, Cut(area="care", open=True), after=page[-1].number, limit=50)
    delete_petition(db, petition_id, by)

    item = next_item(db, by, Wanted(area, reason, "oldest"))  # .queue; None when nothing waits
    put_off(db, item.id, by)                                 # skip it for now
    release(db, item.id, by)                                 # give it back
    left = waiting(db, Wanted(area))

    done = review(db, item.id, by)                           # .judgement; confirms the answer
    done = review(db, item.id, by, Label.read(taxonomy, "care", None), source="desk", note="…")
    undo(db, item.id, by)                                    # ReviewConflict
    history(db, item.id); recent(db, by=by)

    over_time(db, "week", since=day)                         # .figures
    overruled(db, since=day); ageing(db); judged(db)

    rows = export_rows(db, by)                               # .training_rows
    audit.verify(db); audit.entries(db)                      # .audit
    purge(db, by, days); backup(db, path, by); restore(db, path, by)  # .keeping

``by`` is the name of an account (``local`` on a machine without accounts). An item of the queue
never says whether it belongs to the honest sample: show its fields and no others.
"""
