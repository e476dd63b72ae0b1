"""A seeded market that behaves like the platform."""
