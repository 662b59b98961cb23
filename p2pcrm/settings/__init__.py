"""Settings by environment: base is shared; dev, test and production say where they differ."""
