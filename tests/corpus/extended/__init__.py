"""The extended corpus: 20 small tables that hurt, more KPI queries with their true rows, and queries to refuse."""
