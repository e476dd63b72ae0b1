"""What people are told: the digest before nine, and alerts. Rules below, sending above."""
