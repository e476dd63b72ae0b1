"""Configuration: the YAML and the environment, validated."""
