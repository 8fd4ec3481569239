"""DuckDB, without the progress bar that it shows by itself."""

import duckdb


def quiet_database() -> duckdb.DuckDBPyConnection:
    """An empty database; DuckDB's progress bar would stand in a notebook's page.

    In Jupyter without ipywidgets the bar is off, and DuckDB refuses even to turn it off.
    """
    database = duckdb.connect()
    ((shown,),) = database.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if shown:
        database.execute("SET enable_progress_bar = false")
    return database
