"""The API faults that a test has requested, and their duration. All are off at the start and after `reset`."""

import fnmatch
import threading
import time


class Bucket:
    """A token bucket: calls that may be made at once, and tokens added per second."""

    def __init__(self, most, per_second):
        self.most, self.per_second = most, per_second
        self._left, self._at = float(most), time.monotonic()

    def take(self):
        now = time.monotonic()
        self._left = min(float(self.most), self._left + (now - self._at) * self.per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Switches:
    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        with self._lock:
            self.denied = set()  # Patterns such as `ec2:RunInstances` or `s3:*`.
            self.throttled_calls = 0
            self.calls_per_second = None
            self.read_delay_ms = 0
            self.refused_launches = 0
            self.refused_type = None  # Of this type only; None: any type.
            self.launch_bucket = None
            self.cut_launches = 0
            self._budget = None

    def denies(self, name):
        return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in self.denied)

    def throttles(self):
        """Whether to reject this call because of the rate; counts it."""
        with self._lock:
            if self.throttled_calls > 0:
                self.throttled_calls -= 1
                return True
            if self.calls_per_second is None:
                return False
            if self._budget is None or self._budget.per_second != self.calls_per_second:
                self._budget = Bucket(max(1.0, self.calls_per_second), self.calls_per_second)
            return not self._budget.take()

    def throttles_launch(self):
        """Whether to reject this launch because of the launches' own bucket."""
        with self._lock:
            return self.launch_bucket is not None and not self.launch_bucket.take()

    def take(self, name):
        """Uses up one of a number of faults; false if none is left."""
        with self._lock:
            left = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return left > 0

    def shown(self):
        names = ("throttled_calls", "calls_per_second", "read_delay_ms", "refused_launches", "refused_type", "cut_launches")
        return {"denied": sorted(self.denied), **{name: getattr(self, name) for name in names}}
