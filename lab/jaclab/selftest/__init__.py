"""Tries every part of the lab once, through the same entry points that a user of it has: the API, OpenSSH, `lab/ctl`."""
