"""A small EC2 to test against: a real EC2, STS and S3 API emulator, and real machines that boot what it was asked for.

Nothing here is part of JAC. `lab/up`, `lab/down`, `lab/ctl` and `lab/selftest` are the entry points; docs/lab.md lists what is real.
"""
