"""What a test has asked the API to do wrong, and until when. Everything is off at the start and after `reset`."""

import fnmatch
import threading
import time


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
            self.cut_launches = 0
            self._budget, self._budget_at = 1.0, time.monotonic()

    def denies(self, name):
        return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in self.denied)

    def throttles(self):
        """Whether this call is one too many; it counts."""
        with self._lock:
            if self.throttled_calls > 0:
                self.throttled_calls -= 1
                return True
            if self.calls_per_second is None:
                return False
            now = time.monotonic()
            most = max(1.0, self.calls_per_second)
            self._budget = min(most, self._budget + (now - self._budget_at) * self.calls_per_second)
            self._budget_at = now
            if self._budget < 1:
                return True
            self._budget -= 1
            return False

    def take(self, name):
        """Uses up one of a number of faults; false when there is none left."""
        with self._lock:
            left = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return left > 0

    def shown(self):
        names = ("throttled_calls", "calls_per_second", "read_delay_ms", "refused_launches", "cut_launches")
        return {"denied": sorted(self.denied), **{name: getattr(self, name) for name in names}}
