"""A small EC2 to test against: an emulator of the EC2, STS and S3 APIs, and real machines that boot as it was asked to.

Nothing here is part of JAC. `lab/up`, `lab/down`, `lab/ctl` and `lab/selftest` are the entry points; docs/lab.md lists what is real.
"""
