"""The errors that reach a person: each says where, what was expected, what was there, what to do.

Payloads never raise: `decode` returns `Rejected`. These are for files, settings and servers.
"""


class DetectorError(Exception):
    """Something a person has to mend; its text is printed as it stands, without a traceback."""


class ConfigError(DetectorError):
    """One or more faults in a configuration file, each with its place.

    `faults` holds one line for each: `file:line:column: key: expected ..., got ...`.
    """

    def __init__(self, faults: list[str]) -> None:
        """Join the faults into one text, a line each."""
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


class ModelError(DetectorError):
    """A model folder that cannot be used: missing, of another version, or damaged."""


class RecordingError(DetectorError):
    """A recording that cannot be read: the file, the line, what was expected, what was there."""


class JournalError(DetectorError):
    """A journal that cannot be used: another daemon's, another program's, a newer version's, or unreadable."""


class SnapshotError(DetectorError):
    """A snapshot that cannot be used: damaged, incomplete, or of another version; or one that could not be written."""


class LinkError(DetectorError):
    """A broker that cannot be reached or that refuses us for good."""
