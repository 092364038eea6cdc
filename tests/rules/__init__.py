"""Every rule against a project that breaks it and one that does not."""
