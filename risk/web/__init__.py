"""The pages about decisions and alerts."""
