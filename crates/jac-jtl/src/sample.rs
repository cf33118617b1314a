//! One row of the log, borrowed from the bytes it was read from.

/// JMeter's own test for a Transaction Controller's row (`report.core.Sample#isController`).
const TRANSACTION: &[u8] = b"Number of samples in transaction";
/// JMeter's own test for a transaction in which nothing ran (`report.core.Sample#isEmptyController`).
const EMPTY_TRANSACTION: &[u8] = b"Number of samples in transaction : 0";

/// JMeter's name for the failure of a successful response, if no assertion gives more detail.
const ASSERTION_FAILED: &[u8] = b"Assertion failed";

/// One sample. Text fields are the log's bytes with quotes resolved, normally UTF-8; a column that the log does not have
/// is an empty field. Numbers that the log does not have are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample<'a> {
    /// When the request was sent, epoch milliseconds.
    pub start_ms: i64,
    /// When the response was complete, epoch milliseconds: start + elapsed, or the start if there is no response time.
    pub end_ms: i64,
    /// Response time in milliseconds; `None` if the log has a negative one, which JMeter writes when a clock is set
    /// back.
    pub elapsed_ms: Option<u32>,
    /// The sampler's name.
    pub label: &'a [u8],
    /// HTTP status, or the sampler's own code.
    pub code: &'a [u8],
    /// The response message; for a transaction JMeter's sentence about its samples.
    pub message: &'a [u8],
    /// The first failed assertion's message.
    pub failure_message: &'a [u8],
    /// The thread's name, with `host:port-` in front when it ran on a remote worker.
    pub thread: &'a [u8],
    /// The `Hostname` column.
    pub hostname: &'a [u8],
    /// Active threads of its group, as logged: nothing is counted by it.
    pub group_threads: &'a [u8],
    /// The request's URL.
    pub url: &'a [u8],
    /// Whether JMeter counts it as passed. A log without this column has only successes.
    pub success: bool,
    /// Bytes received.
    pub received_bytes: Option<u64>,
    /// Bytes sent.
    pub sent_bytes: Option<u64>,
    /// Milliseconds to the first byte of the response.
    pub latency_ms: Option<u64>,
    /// Milliseconds to set up the connection.
    pub connect_ms: Option<u64>,
    /// Threads of this worker that were active when the sample ended.
    pub all_threads: Option<u32>,
    /// Byte position of the row in its log.
    pub position: u64,
}

/// Receives the samples one by one. Closures implement it; the method of a separate type can be inlined into the
/// reader's loop (`#[inline(always)]`), a closure cannot.
pub trait TakeSample {
    /// Takes the next sample.
    fn take(&mut self, sample: &Sample<'_>);
}

impl<F: FnMut(&Sample<'_>)> TakeSample for F {
    #[inline(always)]
    fn take(&mut self, sample: &Sample<'_>) {
        self(sample);
    }
}

// The reader's loop calls all of these for every sample: without inlining each sample would be written to memory.
impl<'a> Sample<'a> {
    /// Whether this is the row of a Transaction Controller, which JMeter excludes from its total.
    #[inline(always)]
    pub fn is_transaction(&self) -> bool {
        self.message.starts_with(TRANSACTION)
    }

    /// Is this a transaction in which no sampler ran? JMeter counts it nowhere, though it lists its label.
    #[inline(always)]
    pub fn is_empty_transaction(&self) -> bool {
        self.message.starts_with(EMPTY_TRANSACTION)
    }

    /// What failures are grouped by in addition to their code, as in JMeter's dashboard
    /// (`ErrorsSummaryConsumer#getErrorKey`): the response message; if the code is a success or missing, the failed
    /// assertion's message.
    pub fn error_message(&self) -> &'a [u8] {
        match (self.is_failed_assertion(), self.failure_message.trim_ascii()) {
            (false, _) => self.message,
            (true, []) => ASSERTION_FAILED,
            (true, _) => self.failure_message,
        }
    }

    /// Whether the response succeeded, so that an assertion failed. By JMeter's rule.
    fn is_failed_assertion(&self) -> bool {
        is_success_code(self.code) || (self.code.is_empty() && !self.failure_message.trim_ascii().is_empty())
    }

    /// The worker that a remote thread's name begins with: `10.0.0.7:1099` of `10.0.0.7:1099-Thread Group 1-3`.
    #[inline(always)]
    pub fn worker(&self) -> Option<&'a [u8]> {
        worker_of_thread(self.thread)
    }

    /// The node that took this sample: the worker in the thread's name, otherwise the `Hostname` column, otherwise empty.
    #[inline(always)]
    pub fn host(&self) -> &'a [u8] {
        self.worker().unwrap_or(self.hostname)
    }
}

/// JMeter's own test (`MetricUtils#isSuccessCode`): digits that form a number from 200 to 399.
fn is_success_code(code: &[u8]) -> bool {
    let zeros = code.iter().take_while(|digit| **digit == b'0').count();
    matches!(code[zeros..], [b'2' | b'3', b'0'..=b'9', b'0'..=b'9'])
}

/// Extracts `host:port` from `host:port-Thread Group 1-1`: no blanks, a port of one to five digits, then a hyphen. A
/// worker that was named without a port is recognised by its IP address (`10.0.0.1-Thread Group 1-1`): a host name
/// without a port could be part of a group's name.
#[inline]
fn worker_of_thread(thread: &[u8]) -> Option<&[u8]> {
    let begins_like_an_address = thread.first().is_some_and(u8::is_ascii_digit);
    if !has_colon(thread) {
        // As in every log of one node.
        return if begins_like_an_address { address_before_a_hyphen(thread) } else { None };
    }
    worker_before_a_colon(thread).or_else(|| address_before_a_hyphen(thread))
}

#[inline(never)]
fn address_before_a_hyphen(thread: &[u8]) -> Option<&[u8]> {
    // Nothing longer than the longest IPv6 address in brackets.
    let end = memchr::memchr(b'-', &thread[..thread.len().min(48)])?;
    let address = std::str::from_utf8(&thread[..end]).ok()?;
    let bare = address.strip_prefix('[').and_then(|bare| bare.strip_suffix(']')).unwrap_or(address);
    bare.parse::<std::net::IpAddr>().is_ok().then_some(&thread[..end])
}

#[inline(never)]
fn worker_before_a_colon(thread: &[u8]) -> Option<&[u8]> {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b':', &thread[from..]) {
        let colon = from + at;
        let digits = thread[colon + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = colon + 1 + digits;
        if colon > 0 && (1..=5).contains(&digits) && thread.get(end) == Some(&b'-') {
            let host = &thread[..colon];
            return (!host.iter().any(|byte| byte.is_ascii_whitespace())).then_some(&thread[..end]);
        }
        from = colon + 1;
    }
    None
}

/// Searches for a colon eight bytes at a time ("Determine if a word has a byte equal to n", Bit Twiddling Hacks):
/// thread names are too short for a function that is optimised for long text.
#[inline]
fn has_colon(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let in_word = |word: &[u8; 8]| {
        let zero_where_colon = u64::from_le_bytes(*word) ^ u64::from_le_bytes([b':'; 8]);
        zero_where_colon.wrapping_sub(ONES) & !zero_where_colon & (ONES << 7) != 0
    };
    let Some(last) = text.last_chunk::<8>() else { return text.contains(&b':') };
    text.as_chunks::<8>().0.iter().any(in_word) || in_word(last)
}

#[cfg(test)]
mod tests {
    use super::{has_colon, is_success_code, worker_of_thread};

    #[test]
    fn a_colon_is_found_wherever_it_stands() {
        for length in 0..40 {
            let mut text = vec![b';'; length];
            assert!(!has_colon(&text), "{length}");
            for at in 0..length {
                text[at] = b':';
                assert!(has_colon(&text), "{at} of {length}");
                text[at] = 0xBA;
                assert!(!has_colon(&text), "{at} of {length}");
            }
        }
    }

    #[test]
    fn a_code_is_a_success_by_its_number() {
        for code in ["200", "399", "0200", "00302"] {
            assert!(is_success_code(code.as_bytes()), "{code}");
        }
        for code in ["", "0", "199", "400", "2000", "20x", " 200", "20", "Non HTTP response code"] {
            assert!(!is_success_code(code.as_bytes()), "{code}");
        }
    }

    #[test]
    fn a_remote_threads_name_begins_with_its_worker() {
        let table: &[(&str, Option<&str>)] = &[
            ("127.0.0.1:24001-Thread Group 1-1", Some("127.0.0.1:24001")),
            ("worker-1.example.org:1099-Users 2-17", Some("worker-1.example.org:1099")),
            ("[::1]:1099-Users 1-1", Some("[::1]:1099")),
            ("10.0.0.1-Users 1-1", Some("10.0.0.1")),
            ("fe80::7-Users 1-1", Some("fe80::7")),
            ("[fe80::a]-Users 1-1", Some("[fe80::a]")),
            ("10.0.0-Users 1-1", None),
            ("10.0.0.1 Users 1-1", None),
            ("1-1", None),
            ("Thread Group 1-1", None),
            ("Login: step 1-1", None),
            ("Group at 10:30-late 1-1", None),
            (":80-x", None),
            ("a:123456-x", None),
            ("", None),
        ];
        for (thread, worker) in table {
            assert_eq!(worker_of_thread(thread.as_bytes()), worker.map(str::as_bytes), "{thread}");
        }
    }
}
