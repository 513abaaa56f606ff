"""The outside: files, AWS, stores. Each adapter provides a port of `service.usecases.ports`."""
