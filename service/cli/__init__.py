"""The command line: ``kaiche``.

Reads the YAML and the environment, calls the same flows as REST, shows people tables and machines
JSON. Exit codes are those of ``failures.ENDINGS``.
"""

from service.cli.root import main

__all__ = ["main"]
