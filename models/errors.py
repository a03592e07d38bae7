"""Every error that the program raises on purpose, sorted by who can mend it.

TriageError
├── InputError        the sender: one petition
│   ├── TextEmpty
│   ├── TextMalformed
│   ├── RowUnusable
│   │   └── EntryUnfit
│   ├── RowFailed
│   └── CellTooLong
├── FileError         the sender: a whole file
│   ├── FileUnreadable
│   ├── EncodingUnknown
│   ├── ColumnMissing
│   ├── InputChanged
│   └── OutputRefused
├── LimitError        the sender: too much at once
│   ├── TimeExceeded
│   └── RateExceeded
├── DatasetError      the labeller: rows that cannot be learnt from
├── TaxonomyError     the labeller: a taxonomy file
├── RecordError       the clerk, or a system: what is asked of the kept petitions
│   ├── PetitionUnknown
│   ├── PetitionDiffers
│   ├── ReviewConflict
│   ├── JobUnknown
│   ├── JobConflict
│   └── LabelUnknown
├── AccessError       whoever asks: a login, a key, a right
│   ├── LoginNeeded
│   ├── AccessDenied
│   ├── RequestForged
│   └── AccountUnknown
│       ├── AccountTaken
│       ├── AccountUnfit
│       └── AccountNeeded
├── OperatorError     the operator: model files, settings, the database
│   ├── VersionMissing
│   ├── VersionDamaged
│   ├── GoldenMismatch
│   ├── DatabaseUnusable
│   └── SettingsError
├── ClusterLost       the operator: other machines that stopped working
└── GateRefused       the analyst: a version that must not go live

No message holds the text of a petition: of a text only its length is told.
"""

from typing import Any, ClassVar


class TriageError(Exception):
    """An error with a stable ``code`` and words for what was found, expected and to do."""

    code: ClassVar[str] = "internal"

    def __init__(self, found: str, *, expected: str = "", remedy: str = "") -> None:
        """Keep the three parts; ``str()`` joins them into one readable line."""
        self.found = found
        self.expected = expected
        self.remedy = remedy
        super().__init__(found, expected, remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as it is: workers send their errors home."""
        return type(self).__new__, (type(self), *self.args), self.__dict__

    def __str__(self) -> str:
        """One line: what was found, what was expected, what to do next."""
        expected = f"expected {self.expected}" if self.expected else ""
        return "; ".join(part for part in (self.found, expected, self.remedy) if part)


class InputError(TriageError):
    """A petition that cannot be classified as it is."""

    code = "input"


class TextEmpty(InputError):
    """The text is empty or has no visible character."""

    code = "text-empty"


class TextMalformed(InputError):
    """The text is not a string of Unicode characters."""

    code = "text-malformed"


class RowUnusable(InputError):
    """A record that is not shaped as its file promises."""

    code = "row-unusable"


class EntryUnfit(RowUnusable):
    """An entry of a batch that is not shaped as the schema says."""

    code = "schema"


class RowFailed(InputError):
    """A record whose classification failed, by our fault, without harm to the others."""

    code = "row-failed"


class CellTooLong(InputError):
    """A cell of the row is longer than the result's format can hold."""

    code = "cell-too-long"


class FileError(TriageError):
    """A file that cannot be read or written as asked."""

    code = "file"


class FileUnreadable(FileError):
    """The file is missing, of an unknown kind, or not what its name says."""

    code = "file-unreadable"


class EncodingUnknown(FileError):
    """The file is neither UTF-8, UTF-16 nor GB18030."""

    code = "encoding-unknown"


class ColumnMissing(FileError):
    """The header lacks a column that is needed."""

    code = "column-missing"


class InputChanged(FileError):
    """The file was written to while it was read."""

    code = "input-changed"


class OutputRefused(FileError):
    """The result would replace something, or cannot be written."""

    code = "output-refused"


class LimitError(TriageError):
    """A request that is refused for now; the same one may be sent again."""

    code = "limit"

    def __init__(
        self,
        found: str,
        *,
        expected: str = "",
        remedy: str = "send the request again later",
        retry_after_s: int = 5,
    ) -> None:
        """``retry_after_s`` is when it may succeed."""
        super().__init__(found, expected=expected, remedy=remedy)
        self.retry_after_s = retry_after_s


class TimeExceeded(LimitError):
    """A request that waited or took too long."""

    code = "timeout"


class RateExceeded(LimitError):
    """One sender sends more than it may."""

    code = "rate-limited"


class DatasetError(TriageError):
    """Labelled rows that cannot be learnt from; ``problems`` lists every one of them."""

    code = "dataset"

    def __init__(self, found: str, *, problems: tuple[str, ...] = (), remedy: str = "") -> None:
        """``problems`` are ready-made lines: file, line, column and what is wrong there."""
        super().__init__(found, remedy=remedy)
        self.problems = problems


class TaxonomyError(TriageError):
    """A taxonomy file that does not describe areas and topics."""

    code = "taxonomy"


class RecordError(TriageError):
    """Something that the kept petitions do not allow."""

    code = "record"


class PetitionUnknown(RecordError):
    """No petition is kept under this id."""

    code = "petition-unknown"


class PetitionDiffers(RecordError):
    """Another text is kept under this id already."""

    code = "petition-differs"


class ReviewConflict(RecordError):
    """Somebody else has this petition, or has reviewed it meanwhile."""

    code = "review-conflict"


class JobUnknown(RecordError):
    """No file of this person was uploaded under this number."""

    code = "job-unknown"


class JobConflict(RecordError):
    """What is asked of an uploaded file does not fit what is being done with it."""

    code = "job-conflict"


class LabelUnknown(RecordError):
    """The running version has no such area or topic."""

    code = "label-unknown"


class AccessError(TriageError):
    """A request that may not be answered to whoever sent it."""

    code = "access"


class LoginNeeded(AccessError):
    """Nobody is logged in, or the password or key is wrong, expired or locked."""

    code = "login-needed"


class AccessDenied(AccessError):
    """The role, or the scope of the key, does not reach so far."""

    code = "access-denied"


class RequestForged(AccessError):
    """A form without this session's token, or a request that another site has caused."""

    code = "request-forged"


class AccountUnknown(AccessError):
    """No account or key has this name, or it is taken."""

    code = "account-unknown"


class AccountTaken(AccountUnknown):
    """There is an account of this name already."""


class AccountUnfit(AccountUnknown):
    """A name or a password that is not as it must be."""


class AccountNeeded(AccountUnknown):
    """The last administrator, who must stay."""


class OperatorError(TriageError):
    """Something on this machine that its operator has to mend."""

    code = "operator"


class VersionMissing(OperatorError):
    """The version store holds no such version, or none is promoted."""

    code = "version-missing"


class VersionDamaged(OperatorError):
    """A version's files are not those that were saved."""

    code = "version-damaged"


class GoldenMismatch(OperatorError):
    """A version answers its golden examples differently from the day it was saved."""

    code = "golden-mismatch"


class DatabaseUnusable(OperatorError):
    """The database of reviews is out of reach, damaged, or newer than the program."""

    code = "database-unusable"


class SettingsError(OperatorError):
    """A setting that is unknown or out of range."""

    code = "settings"


class ClusterLost(TriageError):
    """The workers of a run died or went out of reach; what is done is kept."""

    code = "cluster-lost"


class GateRefused(TriageError):
    """A version that is kept but must not be promoted; ``reasons`` are codes with their words."""

    code = "gate-refused"

    def __init__(
        self,
        found: str,
        *,
        expected: str = "",
        remedy: str = "",
        reasons: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Each of ``reasons`` is a stable code and what was found."""
        super().__init__(found, expected=expected, remedy=remedy)
        self.reasons = reasons
