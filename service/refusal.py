"""What the server refuses before the application sees it: a problem, or a page for a browser."""

import time

from waitress.task import ErrorTask

from service.monitoring import request_id
from service.problems import RETRY_AFTER_S, problem_text

REFUSALS = {
    400: ("request-malformed", "this is not HTTP as RFC 9112 describes it", "请求无法识别。"),
    413: (
        "body-too-large",
        "the body is larger than this service accepts",
        (
            "内容或文件太大，超过了本服务的上限。请拆成几份再传，"
            "或请管理员调高设置 max_body_bytes（批量文件是 max_upload_bytes）。"
        ),
    ),
    431: (
        "header-too-large",
        "the header fields are larger than this service accepts",
        "请求头太大。请清除本站的 Cookie 后再试。",
    ),
    500: (
        "internal",
        "the service failed on this request; its log says where",
        "服务出错了。请把本页的请求号告诉管理员。",
    ),
    501: (
        "not-implemented",
        "this transfer encoding is not supported; send a Content-Length",
        "请求无法识别。",
    ),
    503: (
        "busy",
        "too many requests are waiting; send this one again later",
        "现在请求太多。请稍等几秒再试，已填的内容可用浏览器的“后退”找回。",
    ),
}
"""Status: code, words, and words for a browser. The server's own may quote what was sent."""

_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>信访分办</title>
<h1>没有受理</h1><p>{words}</p><p>请求号 {identifier}</p></html>
"""


class Busy:
    """Stands at a request that is not let in."""

    code = 503


class Refusal(ErrorTask):  # type: ignore[misc] # waitress has no types
    """Answers a request that never reaches the application."""

    def execute(self) -> None:
        """Write the problem, and close: what follows on this connection is not to be trusted."""
        status = self.request.error.code
        identifier = request_id(self.request.headers.get("X_REQUEST_ID"))
        code, detail, chinese = REFUSALS.get(status, REFUSALS[500])
        title, text = problem_text(status, code, detail, request_id=identifier)
        content_type = "application/problem+json"
        if "text/html" in self.request.headers.get("ACCEPT", ""):
            text = _PAGE.format(words=chinese, identifier=identifier)
            content_type = "text/html; charset=utf-8"
        body = text.encode()
        self.status = f"{status} {title}"
        self.response_headers += [
            ("Content-Type", content_type),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            ("X-Request-ID", identifier),
        ]
        if status == Busy.code:
            self.response_headers.append(("Retry-After", str(RETRY_AFTER_S)))
        self.set_close_on_finish()
        self.channel.refused = True
        self.content_length = len(body)
        self.write(body)
        seconds = time.perf_counter() - getattr(self.request, "arrived", time.perf_counter())
        self.channel.server.task_dispatcher.refused(
            identifier, status, seconds, self.channel.addr[0]
        )
