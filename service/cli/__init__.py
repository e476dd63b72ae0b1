"""The command line."""


def main() -> None:
    """Run ``kaiche``."""
    raise SystemExit("kaiche: the commands are not built yet")
