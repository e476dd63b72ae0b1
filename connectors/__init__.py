"""Connectors: the world's figures in, bids out. Never imports ``service`` or ``optimizer``."""
