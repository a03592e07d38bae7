"""The pages for people: a form goes in, a page in Chinese comes out; all work without a script."""

from flask import Blueprint

from service.pages import desk, judging, queue

pages = Blueprint("pages", __name__)
pages.add_url_rule("/", view_func=desk.desk, methods=["GET", "POST"])
pages.add_url_rule("/queue", view_func=queue.queue)
pages.add_url_rule("/queue/leave", view_func=queue.leave, methods=["POST"])
pages.add_url_rule("/judge", view_func=judging.judge, methods=["POST"])
pages.add_url_rule("/undo", view_func=judging.undo, methods=["POST"])
pages.add_url_rule("/petitions/<path:petition_id>", view_func=judging.petition)
