"""The reference: KPIs computed over lists of rows in plain Python, obvious and slow. Engines and passes are judged by it."""
