"""Report files that a person downloaded: the read half of a platform."""

from connectors.reports.platform import ReportsPlatform

__all__ = ["ReportsPlatform"]
