"""A seeded market that behaves like the platform, and the platform object over it.

``SandboxPlatform`` is the door for the service; ``scenario``, ``market``, ``history`` and ``truth``
are for tests and benchmarks.
"""

from connectors.sandbox.platform import NaturalOrdersRow, SandboxPlatform

__all__ = ["NaturalOrdersRow", "SandboxPlatform"]
