"""Acts of judgement."""
