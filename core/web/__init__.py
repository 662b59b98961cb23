"""What every page shares: middleware, frame, error pages, health."""
