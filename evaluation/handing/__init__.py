"""Handing over: packs for schools and their sign-off, a twin of the store for reviewers, the data-protection assessment."""
