"""What the application does: one function per use case, for pages and command line."""
