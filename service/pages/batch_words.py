"""What the archive page says where the engine has codes and English sentences."""

import re

from service.jobs import Job, State

STATES = {
    State.READING: "正在读取文件",
    State.READY: "等您确认",
    State.WAITING: "排队等候",
    State.RUNNING: "正在处理",
    State.DONE: "已完成",
    State.FAILED: "没有完成",
    State.CANCELLED: "已停止",
}

ENCODINGS = {
    "utf-8": "UTF-8",
    "gb18030": "GBK、GB18030",
    "utf-16": "UTF-16",
    "big5": "Big5 繁体",
}
_ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "gb18030-2022": "GBK、GB18030",
    "big5": "Big5 繁体",
}

_HUNDRED, _THOUSAND = 100, 1000

NO_FILE = "没有选择文件。请先选一个文件，再按“上传”。"
EMPTY_FILE = "文件是空的（0 字节）。请检查是不是传错了文件。"
WRONG_KIND = (
    "读不了这种文件。可以上传 CSV、TSV、Excel（xlsx、xls）、JSON、JSONL、txt，"
    "或装着它们的 zip、gz。"
)
NO_SPACE = "服务器的磁盘写不下这个文件。请联系管理员。"
NO_TABLE = "一张表都没有选。请至少勾选一张要处理的表。"
GONE = "没有这份文件。可能已被删除，或不是您上传的。"

ROW_ERRORS = {
    "text-empty": "内容一格是空的",
    "text-malformed": "内容里有损坏的字符",
    "row-unusable": "这一行的格数与表头不符",
    "row-failed": "这一行处理失败，请人工判断",
    "cell-too-long": "有一格太长，Excel 放不下",
}

_CODES = {
    "worker-died": (
        "处理这份文件的程序反复意外中断，文件里可能有异常内容。请拆成小份再传，并告诉管理员。"
    ),
    "encoding-unknown": (
        "认不出文字编码。请在“文字编码”里选一种，按“重新读取”；或用 Excel 另存为“CSV UTF-8”再传。"
    ),
    "column-missing": "没有找到存放来信内容的一列。表头要写明各列的名称，如“来信内容”。",
    "file-unreadable": "文件读不出来。请用 Excel 打开另存一份再传。",
    "output-refused": "结果写不下来。服务器的磁盘可能满了，请联系管理员。",
    "version-missing": "没有可用的模型版本。请联系管理员。",
    "version-damaged": "模型文件有缺失或损坏。请联系管理员。",
    "database-unusable": "复核库现在打不开，已完成的部分不会丢。请联系管理员，之后可以继续。",
    "internal": "程序出错了，已完成的部分不会丢。请告诉管理员，之后可以继续。",
}
_UNKNOWN = "没有办成。请联系管理员。"

_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"compression bomb|grows to over",
        "解压后大得异常，像是压缩炸弹，没有打开。文件若可信，请自己解压后再传。",
    ),
    (r"announces (\d+) members", r"压缩包里有 {0} 个文件，太多了。请分成几个压缩包。"),
    (r"has a password", "文件有密码。请去掉密码另存一份再传。"),
    (
        r"not a whole workbook|not of Excel's kind",
        "不是完整的 Excel 文件。请用 Excel 打开，另存为 xlsx 再传。",
    ),
    (r"not a whole zip file|damaged", "文件不完整或已损坏。请重新取一份。"),
    (r"not a whole JSON array", "不是完整的 JSON。请重新导出。"),
    (
        r"sheet is empty|has no sheet|first line is empty|holds no file|no table in it",
        "里面没有表格内容。",
    ),
    (r"cells lie", "离表格很远的地方有零散单元格。请删掉它们，或另存为 CSV 再传。"),
    (r"MB when unpacked|: over \d+ MB", "Excel 文件太大。请另存为 CSV 再传。"),
    (r"files of kind .* are not read", "这种文件读不了，跳过。"),
    (
        r"columns .* have the same name",
        "有几列同名，分不清用哪一列。请在 Excel 里改成不同的列名再传。",
    ),
    (r"no column has a usual name", "没有认出哪一列是来信内容，请在“内容列”里选。"),
    (
        r"(\d+) (?:rows|lines) above the header are left out",
        "表头上面的 {0} 行（如总标题）没有当作数据。",
    ),
    (
        r"more than 15 digits.*from row (\d+)",
        (
            "有超过 15 位的数字（如身份证号）存成了数值，Excel 已丢掉末几位（第 {0} 行起），"
            "结果里照原样保留。"
        ),
    ),
    (
        r"row (\d+): (\d+) values under (\d+) columns",
        "第 {0} 行有 {1} 格，表头有 {2} 列；这一行会列为错误，不会丢。",
    ),
    (r"row (\d+): ", "第 {0} 行的格式不对；这一行会列为错误，不会丢。"),
    (
        r"already broken when the file was saved",
        "有些字在存文件时就已损坏（显示为 �），请核对原文件。",
    ),
    (r"is it Big5", "读出来多是生僻字，可能是 Big5 编码。请在“文字编码”里换一种看看。"),
    (r"line (\d+): there is no such area", "第 {0} 行：没有这个领域，请写领域的名称或代码。"),
    (r"line (\d+): .*has no such topic", "第 {0} 行：这个领域没有这个事项。"),
    (r"line (\d+): .*different areas", "第 {0} 行：area 和 area_name 两格改成了不同的领域。"),
    (r"line (\d+): the row has no id", "第 {0} 行：没有编号，不知道是哪一件。"),
    (r"line (\d+): no petition is kept", "第 {0} 行：复核库里没有这个编号。"),
    (r"line (\d+): another text is kept", "第 {0} 行：复核库里这个编号是另一件信访件。"),
    (r"line (\d+): ", "第 {0} 行：读不懂，没有采用。"),
    (r"no column 'area'", "没有 area 一列。请交回从本页下载、在 Excel 里改过的结果文件。"),
    (
        r"no column '(?:pt_petition_id|id)'",
        "没有编号列，不知道每一行是哪一件。请交回从本页下载的结果文件。",
    ),
)


def in_words(detail: str, code: str = "") -> str:
    """A sentence of the engine, as a clerk reads it."""
    for pattern, words in _SENTENCES:
        found = re.search(pattern, detail)
        if found:
            return words.format(*found.groups())
    return _CODES.get(code, _UNKNOWN) if code else detail


def shown_name(job: Job, name: str) -> str:
    """The name of a table under the upload's own name."""
    return name.replace(job.stored, job.file, 1) if name.startswith(job.stored) else name


def encoding_name(encoding: str) -> str:
    """How people call an encoding."""
    return _ENCODING_NAMES.get(encoding, encoding.upper())


def size_in_words(size: float) -> str:
    """A file's size."""
    for unit in ("字节", "KB", "MB"):
        if round(size) < _THOUSAND:
            return f"{_figures(size)} {unit}"
        size /= _THOUSAND
    return f"{_figures(size)} GB"


def _figures(size: float) -> str:
    return f"{size:.0f}" if size >= _HUNDRED else f"{size:.3g}"


def time_in_words(seconds: float) -> str:
    """How long something takes."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分"
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"
