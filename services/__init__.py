"""What the application does, once, for every caller; transactions live here."""
