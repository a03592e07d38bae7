"""What people read where the program has codes."""

from models.decision import Reason
from service.reviews.rights import Right, Role

REASONS = {
    Reason.BELOW_THRESHOLD: "把握不够大，需要人工确认",
    Reason.CLOSE_SECOND: "另一个领域也很接近",
    Reason.NO_EVIDENCE: "文中没有模型认识的词语，无法判断",
    Reason.TOO_SHORT: "文字太短，比模型学过的绝大多数信访件都短",
    Reason.UNFAMILIAR: "文字不像模型学过的信访件，可能不是信访件",
    Reason.NARROW_EVIDENCE: "判断只依据很少几个词语，需要人工确认",
    Reason.TRUNCATED: "文字太长，只读了开头和结尾各一万字",
    Reason.AREA_NOT_CERTIFIED: "这个领域还没有取得自动分办的证明，一律由人工确认",
    Reason.OTHER_AREA: "判断为不属六项，一律由人工确认",
}

SHORT_REASONS = {
    Reason.BELOW_THRESHOLD: "把握不够",
    Reason.CLOSE_SECOND: "两个领域接近",
    Reason.NO_EVIDENCE: "没有认识的词语",
    Reason.TOO_SHORT: "文字太短",
    Reason.UNFAMILIAR: "不像信访件",
    Reason.NARROW_EVIDENCE: "依据的词语太少",
    Reason.TRUNCATED: "文字太长",
    Reason.AREA_NOT_CERTIFIED: "领域没有证明",
    Reason.OTHER_AREA: "不属六项",
}

ERRORS = {
    "text-empty": "没有看到文字。请粘贴信访件的内容。",
    "text-malformed": "文字里有损坏的字符。请重新复制一次再粘贴。",
}
NO_MODEL = "模型还没有准备好。请联系管理员（运行 petition-triage train）。"

ACTIONS = {"confirmed": "已确认", "corrected": "已更正为", "undone": "已撤销"}

WHY = {
    "trained": "训练后启用",
    "first start": "首次启动时训练",
    "by hand": "在命令行启用",
    "forced: by hand": "在命令行强制启用",
}
"""Why a version was promoted, where the program itself says so."""

ROLES = {Role.CLERK: "经办人", Role.ANALYST: "分析员", Role.ADMINISTRATOR: "管理员"}

RIGHTS = {
    Right.CLASSIFY: "判断并留存信访件",
    Right.REVIEW: "查看、确认和更正",
    Right.METRICS: "读取运行指标",
    Right.MODELS: "启用和退回模型版本",
    Right.ADMIN: "删除信访件、管理账户和密钥",
}

GATE = {
    "no-comparison": "没有可以比较的留出结果",
    "other-areas": "它的领域和正在运行的版本不同",
    "few-rows": "两个版本共有的行太少，无法比较",
    "worse": "在两个版本共有的行上，宏平均 F1 可能下降超过 0.02",
    "decides-less": "有的领域可自动分办的比例下降超过一成",
    "relabelled": "有的行改过标签，需要先在命令行用 --accept-relabelled 确认",
}
"""What the gate found against a version, by its code."""

PROBLEMS = {
    "request-forged": "这个页面已经过期，刚才的操作没有执行。请从受理台重新打开再试一次。",
    "access-denied": "您的账户没有这项权限。需要时请找管理员。",
    "not-found": "没有这个页面。请检查网址，或从上面的导航进入。",
    "method-not-allowed": "这个网址不能这样打开。请从上面的导航进入。",
    "body-too-large": "内容或文件太大，超过了本服务的上限。请拆成几份再传，或请管理员调高上限。",
    "host-unknown": "本服务不用这个网址。请用本机地址打开，或请管理员查看设置。",
    "timeout": "现在请求太多，这一次没有办完。请稍等几秒再试。",
    "rate-limited": "您的操作太频繁了。请稍等一会儿再试。",
    "petition-unknown": "没有留存这一件信访件，可能已被删除。",
    "review-conflict": "这一件刚才已由别人处理，或没有可以撤销的判断。您这一次的操作没有记下。",
    "job-unknown": "没有这份文件。可能已被删除或到期清理，或不是您上传的。",
    "job-conflict": "这份文件现在不能这样操作，它的进展已经变了。请从“批量”重新打开它。",
    "label-unknown": "没有选中有效的领域或事项。请回到上一页重新选择。",
    "database-unusable": "留存信访件的数据库现在打不开。请联系管理员。",
    "version-missing": "没有这个模型版本，或还没有启用过别的版本。请到模型页查看。",
    "version-damaged": "这个模型版本的文件有缺失或损坏，没有启用。请联系管理员。",
    "golden-mismatch": "这个模型版本没有通过自检，没有启用。请联系管理员。",
    "unavailable": "服务现在不能办理。请稍后再试。",
    "internal": "服务出错了。请把本页的请求号告诉管理员。",
}
"""What a page says instead of the words of an error, by its code."""

PROBLEM = "没有办成。请从受理台重新打开再试一次；还不行，请把本页的请求号告诉管理员。"
