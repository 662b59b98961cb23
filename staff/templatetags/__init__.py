"""Tags of templates that know who reads."""
