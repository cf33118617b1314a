"""Runs programs, and says in one sentence which one failed and with what words."""

import subprocess


class ProgramFailed(Exception):
    """A program that ended with another exit code than 0."""


def run(*words, input=None, timeout=60):
    """Runs a program to its end; returns what it printed. Raises `ProgramFailed` with the end of its output."""
    words = [str(word) for word in words]
    try:
        done = subprocess.run(words, input=input, capture_output=True, text=True, timeout=timeout)
    except FileNotFoundError:
        raise ProgramFailed(f"there is no program {words[0]}") from None
    except subprocess.TimeoutExpired:
        raise ProgramFailed(f"`{' '.join(words)}` did not end within {timeout} s") from None
    if done.returncode != 0:
        talk = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise ProgramFailed(f"`{' '.join(words)}` ended with {done.returncode}: {' / '.join(talk)}")
    return done.stdout


def succeeds(*words, timeout=60):
    """Whether a program ends with 0; its words are of no interest."""
    try:
        run(*words, timeout=timeout)
    except ProgramFailed:
        return False
    return True
