"""Who may do what: people, their roles on accounts, and how they prove who they are.

Rules are pure (``roles``, ``names``, ``passwords``, ``keys``, ``throttle``); ``register`` changes people and
what they carry, each change with its audit event; ``signing`` finds out who is asking.
"""
