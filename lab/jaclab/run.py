"""Runs programs; errors name the program and quote its output."""

import subprocess


class ProgramFailed(Exception):
    """A program whose exit code was not 0."""


def run(*words, input=None, timeout=60):
    """Runs a program to its end; returns what it printed. Raises `ProgramFailed` with the end of its output."""
    words = [str(word) for word in words]
    try:
        done = subprocess.run(words, input=input, capture_output=True, text=True, timeout=timeout)
    except FileNotFoundError:
        raise ProgramFailed(f"program {words[0]} not found") from None
    except subprocess.TimeoutExpired:
        raise ProgramFailed(f"`{' '.join(words)}` did not end within {timeout} s") from None
    if done.returncode != 0:
        talk = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise ProgramFailed(f"`{' '.join(words)}` ended with exit code {done.returncode}: {' / '.join(talk)}")
    return done.stdout


def succeeds(*words, timeout=60):
    """Whether a program ends with exit code 0; its output is discarded."""
    try:
        run(*words, timeout=timeout)
    except ProgramFailed:
        return False
    return True
