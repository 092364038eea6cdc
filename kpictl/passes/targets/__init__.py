"""Rewrites of canonical queries for targets that cannot say, or do not mean, a construct. Pure, `Query -> Query`."""
