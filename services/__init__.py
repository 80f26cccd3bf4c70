"""What the application does, one function a use case, the same for every caller."""
