"""How the journal is, for the metrics, the page and the readiness check."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """How the journal is."""

    trouble: str | None
    """Why nothing can be committed, for people; None when it can."""
    size: int
    """Bytes on disk, the write-ahead log included."""
    failures: int
    """Times that it could not be opened or written, or was set aside."""
    lost: int
    """Arrivals that were scored and could not be kept."""
    alerts_lost: int
    """Alert events that could not be kept."""
