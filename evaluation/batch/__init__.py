"""The batch: notebooks executed, pages rendered, the site and its manifest put together.

The only room that knows papermill and nbconvert. A job is one report; `run_jobs` makes them all and says
how each went, and `building` moves a finished run into place whole.
"""

from evaluation.batch.build import building
from evaluation.batch.jobs import Job, Outcome, notebook_path, page_path, site_folder
from evaluation.batch.manifest import Manifest, code_hash, run_id, write_manifest
from evaluation.batch.run import run_jobs
from evaluation.batch.site import write_indexes

__all__ = [
    "Job",
    "Manifest",
    "Outcome",
    "building",
    "code_hash",
    "notebook_path",
    "page_path",
    "run_id",
    "run_jobs",
    "site_folder",
    "write_indexes",
    "write_manifest",
]
