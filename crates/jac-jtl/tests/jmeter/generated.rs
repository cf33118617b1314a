//! Result logs made for the comparison: deterministic, and quoted as JMeter's `CSVSaveService` quotes.

use std::io::Write;

/// The columns of a log.
#[derive(Clone, Copy, PartialEq)]
pub enum Columns {
    Default,
    WithSampleCount,
    Few,
}

pub struct Row<'a> {
    time: u64,
    elapsed: u64,
    label: &'a str,
    code: &'a str,
    message: String,
    success: bool,
    failure: &'a str,
    bytes: u64,
    sent: u64,
}

impl<'a> Row<'a> {
    pub fn request(time: u64, elapsed: u64, label: &'a str) -> Self {
        let message = "OK".to_owned();
        Self { time, elapsed, label, code: "200", message, success: true, failure: "", bytes: 1_234, sent: 321 }
    }

    pub fn transaction(time: u64, elapsed: u64, label: &'a str, samples: u64, failed: bool) -> Self {
        let failing = u64::from(failed);
        let message = format!("Number of samples in transaction : {samples}, number of failing samples : {failing}");
        Self { code: if failed { "" } else { "200" }, message, success: !failed, ..Self::request(time, elapsed, label) }
    }

    pub fn with_bytes(self, bytes: u64, sent: u64) -> Self {
        Self { bytes, sent, ..self }
    }

    pub fn failed(self, code: &'a str, failure: &'a str) -> Self {
        Self { code, failure, success: false, message: "Internal Server Error".to_owned(), ..self }
    }
}

pub struct LogWriter {
    columns: Columns,
    bytes: Vec<u8>,
}

impl LogWriter {
    pub fn new(columns: Columns) -> Self {
        let header = match columns {
            Columns::Default => {
                "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,\
                 sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"
            }
            Columns::WithSampleCount => {
                "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,sentBytes,\
                 grpThreads,allThreads,Latency,SampleCount,ErrorCount,Hostname,Connect\n"
            }
            Columns::Few => {
                "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,grpThreads,\
                 allThreads,Latency\n"
            }
        };
        Self { columns, bytes: header.replace(' ', "").into_bytes() }
    }

    pub fn write(&mut self, row: &Row<'_>) {
        let Row { time, elapsed, code, success, bytes, sent, .. } = row;
        let label = quoted(row.label);
        let message = quoted(&row.message);
        let failure = quoted(row.failure);
        let latency = elapsed / 2;
        match self.columns {
            Columns::Default => writeln!(
                self.bytes,
                "{time},{elapsed},{label},{code},{message},Users 1-3,text,{success},{failure},{bytes},{sent},7,9,\
                 http://127.0.0.1/x,{latency},0,3"
            ),
            // The dashboard counts a row once, whatever SampleCount says: the comparison confirms it.
            Columns::WithSampleCount => writeln!(
                self.bytes,
                "{time},{elapsed},{label},{code},{message},Users 1-3,{success},{failure},{bytes},{sent},7,9,{latency},4,{},\
                 node-1,3",
                u64::from(!success)
            ),
            Columns::Few => writeln!(
                self.bytes,
                "{time},{elapsed},{label},{code},{message},Users 1-3,{success},{failure},{bytes},7,9,{latency}"
            ),
        }
        .expect("memory can be written to");
    }

    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// xorshift64*: the same numbers on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 32) % limit
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn log_normal(&mut self, median: f64, sigma: f64) -> u64 {
        // The sum of twelve uniform numbers is close enough to a normal one.
        let normal: f64 = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        (median * (sigma * normal).exp()) as u64
    }
}
