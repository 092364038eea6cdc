"""The parts of `to_query`: numbers from states, from queries and from numbers."""
