"""The rules that rows and files are held to: one idea a file, all of them named in `registry`."""
