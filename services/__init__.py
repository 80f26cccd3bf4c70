"""What the application does: one function per use case, for pages, command line and services."""
