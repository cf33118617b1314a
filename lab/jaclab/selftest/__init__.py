"""Tries every part of the lab once, through the same doors that a user of it has: the API, OpenSSH, `lab/ctl`."""
