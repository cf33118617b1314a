//! The XML log: `<httpSample t="120" ts="1700000000123" s="true" lb="Home" …>`, samples nested in samples.
//!
//! Nested samples (embedded resources, requests under a parent) count as separate samples, as JMeter writes them as
//! separate rows to a CSV log. A sample is emitted when its element ends, its children before it. Elements that contain
//! request or response data are skipped without being stored.

mod markup;

use super::columns::{Column, Columns};
use super::rejects::{Lost, ReadOutcome, Reason};
use super::row::FieldEnds;
use super::scan::FIELD_LIMIT;
use crate::{Settings, TakeSample};
use markup::{Markup, attributes, next_markup, unescape};
use memchr::memchr_iter;

/// Maximum nesting of samples: a sample and eleven levels below it, the same as JMeter writes to a CSV log
/// (`CSVSaveService#saveSubResults`), so that a run has the same numbers in both.
const DEPTH: usize = 12;

/// Reads an XML log.
#[derive(Debug, Clone)]
pub(super) struct XmlReader {
    settings: Settings,
    columns: Columns,
    /// Bytes that were fed but not processed yet: at most one incomplete piece of markup.
    buffer: Vec<u8>,
    position: u64,
    outcome: ReadOutcome,
    /// The samples with open elements, outermost first.
    open: Vec<OpenSample>,
    /// Sample elements that are open beyond the depth.
    too_deep: usize,
    /// The element whose text is being collected.
    collecting: Option<TextField>,
    text: Vec<u8>,
    assertion: Assertion,
    split: FieldEnds,
    /// A document has begun.
    begun: bool,
    /// The document has ended properly.
    closed: bool,
    /// In a line of text outside of samples that is counted already.
    in_unread_line: bool,
}

#[derive(Debug, Clone)]
struct OpenSample {
    /// The fields, at their columns' numbers.
    fields: [Vec<u8>; Column::COUNT],
    position: u64,
    line: u64,
    failed_assertion: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextField {
    Failure,
    Error,
    FailureMessage,
    Url,
}

/// The assertion result with the open element.
#[derive(Debug, Clone, Default)]
struct Assertion {
    failed: bool,
    message: Vec<u8>,
}

impl XmlReader {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            columns: Columns::of_all(),
            buffer: Vec::new(),
            position: 0,
            outcome: ReadOutcome::default(),
            open: Vec::new(),
            too_deep: 0,
            collecting: None,
            text: Vec::new(),
            assertion: Assertion::default(),
            split: FieldEnds::default(),
            begun: false,
            closed: false,
            in_unread_line: false,
        }
    }

    pub(super) fn outcome(&self) -> ReadOutcome {
        self.outcome.clone()
    }

    pub(super) fn feed(&mut self, bytes: &[u8], sink: &mut impl TakeSample) {
        self.outcome.bytes += bytes.len() as u64;
        if self.buffer.is_empty() {
            let used = self.take(bytes, sink);
            self.buffer.extend_from_slice(&bytes[used..]);
        } else {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.extend_from_slice(bytes);
            let used = self.take(&buffer, sink);
            buffer.drain(..used);
            self.buffer = buffer;
        }
    }

    pub(super) fn finish(&mut self) {
        if self.open.is_empty() && self.buffer.strip_prefix(b"<").is_some_and(begins_a_sample) {
            self.outcome.cut(self.outcome.lines + 1, self.position);
        } else {
            self.end_document();
        }
        self.buffer.clear();
    }

    /// Notes a document that ends here without its closing tag.
    fn end_document(&mut self) {
        // The outermost element is the row that was truncated.
        if let Some(sample) = self.open.first() {
            self.outcome.cut(sample.line, sample.position);
        } else if !self.closed {
            self.outcome.cut_logs += 1;
        }
        self.open.clear();
        self.too_deep = 0;
    }

    /// Takes all complete markup and text; returns how many bytes that was.
    fn take(&mut self, bytes: &[u8], sink: &mut impl TakeSample) -> usize {
        let mut used = 0;
        loop {
            let rest = &bytes[used..];
            let (markup, length) = match next_markup(rest) {
                Some(found) => found,
                // No markup is this long: what looked like markup is text.
                None if rest.len() > FIELD_LIMIT => (Markup::Text(rest), rest.len()),
                None => return used,
            };
            self.handle(markup, sink);
            self.position += length as u64;
            self.outcome.lines += memchr_iter(b'\n', &rest[..length]).count() as u64;
            used += length;
            if length == 0 {
                return used;
            }
        }
    }

    fn handle(&mut self, markup: Markup<'_>, sink: &mut impl TakeSample) {
        match markup {
            Markup::Start { name: b"testResults", closed, .. } => {
                // Concatenated logs: the next document begins, whether or not the one before was complete.
                if self.begun {
                    self.end_document();
                }
                self.collecting = None;
                self.begun = true;
                self.closed = closed;
            }
            Markup::Start { name, attributes, closed } if is_sample(name) => {
                self.begun = true;
                self.closed = false;
                self.begin(attributes);
                if closed {
                    self.end(sink);
                }
            }
            Markup::End { name } if is_sample(name) => self.end(sink),
            Markup::End { name: b"testResults" } => self.closed = true,
            Markup::Start { name, closed, .. } => {
                if name == b"assertionResult" {
                    self.assertion = Assertion::default();
                }
                self.text.clear();
                self.collecting = match name {
                    _ if closed || self.open.is_empty() => None,
                    b"failure" => Some(TextField::Failure),
                    b"error" => Some(TextField::Error),
                    b"failureMessage" => Some(TextField::FailureMessage),
                    b"java.net.URL" => Some(TextField::Url),
                    _ => None,
                };
            }
            Markup::End { name } => self.end_of_part(name),
            Markup::Text(text) if self.open.is_empty() => self.pass_over(text),
            Markup::Text(text) => {
                if self.collecting.is_some() && self.text.len() + text.len() <= FIELD_LIMIT {
                    unescape(text, &mut self.text);
                }
            }
            Markup::Characters(text) => {
                if self.collecting.is_some() && self.text.len() + text.len() <= FIELD_LIMIT {
                    self.text.extend_from_slice(text);
                }
            }
            Markup::Other => {}
        }
    }

    /// Counts the lines of text outside of samples: rows of an appended CSV log, or the remainder of a truncated tag.
    fn pass_over(&mut self, text: &[u8]) {
        if !self.begun {
            return;
        }
        let (mut line, mut position) = (self.outcome.lines + 1, self.position);
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            if !self.in_unread_line
                && let Some(first) = piece.iter().position(|byte| !is_blank(*byte))
            {
                self.in_unread_line = true;
                self.outcome.reject(line, position + first as u64, &Reason::OutsideSamples);
            }
            if piece.ends_with(b"\n") {
                self.in_unread_line = false;
                line += 1;
            }
            position += piece.len() as u64;
        }
    }

    fn begin(&mut self, attribute_text: &[u8]) {
        self.collecting = None;
        if self.open.len() >= DEPTH {
            self.too_deep += 1;
            self.outcome.too_deep += 1;
            return;
        }
        let line = self.outcome.lines + 1;
        let mut sample =
            OpenSample { fields: Default::default(), position: self.position, line, failed_assertion: false };
        // Samples without this attribute count as successes, as in CSV.
        sample.fields[Column::Success as usize].extend_from_slice(b"true");
        for (name, value) in attributes(attribute_text) {
            if let Some(column) = column(name) {
                let field = &mut sample.fields[column as usize];
                field.clear();
                unescape(value, field);
            }
        }
        self.open.push(sample);
    }

    fn end(&mut self, sink: &mut impl TakeSample) {
        self.collecting = None;
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(sample) = self.open.pop() else { return };
        self.split.set(&sample.fields);
        let mut lost = Lost::default();
        let read = if sample.fields.iter().any(|field| field.len() > FIELD_LIMIT) {
            Err(Reason::FieldTooLong)
        } else {
            self.split.as_row().sample(&self.columns, &self.settings, sample.position, &mut lost)
        };
        match read {
            Ok((read, form)) => {
                self.columns.stamps = self.columns.stamps.or(form);
                self.outcome.samples += 1;
                if lost.count > 0 {
                    self.outcome.lose(sample.line, sample.position, lost);
                }
                sink.take(&read);
            }
            Err(reason) => self.outcome.reject(sample.line, sample.position, &reason),
        }
    }

    fn end_of_part(&mut self, name: &[u8]) {
        let Some(sample) = self.open.last_mut() else { return };
        match self.collecting.take() {
            Some(TextField::Failure | TextField::Error) => {
                self.assertion.failed |= self.text.trim_ascii().eq_ignore_ascii_case(b"true");
            }
            Some(TextField::FailureMessage) => self.assertion.message.clone_from(&self.text),
            Some(TextField::Url) => sample.fields[Column::Url as usize].clone_from(&self.text),
            None => {}
        }
        // The first failed assertion provides the reason, as in JMeter's `getFirstAssertionFailureMessage`.
        if name == b"assertionResult" && self.assertion.failed && !sample.failed_assertion {
            sample.failed_assertion = true;
            sample.fields[Column::FailureMessage as usize] = std::mem::take(&mut self.assertion.message);
        }
    }
}

/// Whether this is the beginning of a sample's tag, after its `<`.
fn begins_a_sample(tag: &[u8]) -> bool {
    let name = tag.split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/')).next().unwrap_or_default();
    // Truncated within its name, it may be one.
    is_sample(name)
        || (name.len() == tag.len()
            && !tag.is_empty()
            && [&b"sample"[..], b"httpSample"].iter().any(|full| full.starts_with(name)))
}

/// White space, or a byte of a byte order mark.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || [0xEF, 0xBB, 0xBF].contains(&byte)
}

/// `sample`, `httpSample` and what plugins call theirs.
fn is_sample(name: &[u8]) -> bool {
    name == b"sample" || name.ends_with(b"Sample")
}

/// JMeter's names of the attributes (`SampleResultConverter`).
fn column(attribute: &[u8]) -> Option<Column> {
    Some(match attribute {
        b"ts" => Column::TimeStamp,
        b"t" => Column::Elapsed,
        b"lb" => Column::Label,
        b"rc" => Column::ResponseCode,
        b"rm" => Column::ResponseMessage,
        b"tn" => Column::ThreadName,
        b"s" => Column::Success,
        b"by" => Column::Bytes,
        b"sby" => Column::SentBytes,
        b"na" => Column::AllThreads,
        b"ng" => Column::GroupThreads,
        b"lt" => Column::Latency,
        b"ct" => Column::Connect,
        b"hn" => Column::Hostname,
        _ => return None,
    })
}
