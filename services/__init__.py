"""What the application does, one function a use case, each with its transaction."""
