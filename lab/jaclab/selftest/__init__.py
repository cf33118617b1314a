"""Tests every part of the lab once, through the interfaces that its users have: the API, OpenSSH, `lab/ctl`."""
