"""Regular expressions: read as PostgreSQL reads them, and translated only where the answer stays the same."""
