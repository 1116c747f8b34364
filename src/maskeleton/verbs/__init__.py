"""The verbs: one file each, a function under the same name in Python and on the command line."""
