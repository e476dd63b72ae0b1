"""Report files that a person downloaded: the read half of a platform."""
