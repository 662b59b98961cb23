"""Pure judgement: what is looked at, how many points it gives, which row of a table fires."""
