"""The pages for people: a form goes in, a page in Chinese comes out; all work without a script."""

from flask import Blueprint

from service.pages import accounts, desk, judging, keys, model, queue, statistics

pages = Blueprint("pages", __name__)
pages.add_url_rule("/", view_func=desk.desk, methods=["GET", "POST"])
pages.add_url_rule("/queue", view_func=queue.queue)
pages.add_url_rule("/queue/leave", view_func=queue.leave, methods=["POST"])
pages.add_url_rule("/judge", view_func=judging.judge, methods=["POST"])
pages.add_url_rule("/undo", view_func=judging.undo, methods=["POST"])
pages.add_url_rule("/petitions/<path:petition_id>", view_func=judging.petition)
pages.add_url_rule("/statistics", view_func=statistics.statistics)
pages.add_url_rule("/model", view_func=model.model)
pages.add_url_rule("/model/rollback", view_func=model.rollback, methods=["GET", "POST"])
pages.add_url_rule("/model/<version>/report", view_func=model.report)
pages.add_url_rule("/model/<version>/promote", view_func=model.promote, methods=["GET", "POST"])
pages.add_url_rule("/accounts", view_func=accounts.accounts)
pages.add_url_rule("/accounts", view_func=accounts.change_account, methods=["POST"])
pages.add_url_rule("/keys", view_func=keys.keys)
pages.add_url_rule("/keys", "add_key", keys.add, methods=["POST"])
pages.add_url_rule("/keys/revoke", "revoke_key", keys.revoke, methods=["POST"])
