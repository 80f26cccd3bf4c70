"""Long runs of what the tests run shortly; each command writes what it saw as JSON."""
