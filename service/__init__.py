"""The service: configuration, storage, the nightly flow, approval, REST and the command line."""
