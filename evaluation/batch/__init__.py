"""The batch: notebooks executed, pages rendered, the site and its manifest put together.

The only room that knows papermill and nbconvert. A job is one report; `run.run_jobs` makes them all and
says how each went, and `build.building` moves a finished run into place whole.
"""
