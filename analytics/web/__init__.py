"""Today, the dashboard and the command palette: the pages that read everything."""
