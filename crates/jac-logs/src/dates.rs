//! Prepares logs for reading: opens those that can be read only once, and determines the order of day and month in ambiguous dates, such
//! as `05/03/2024`.
//!
//! One number above 12, anywhere, decides for its whole log, and for the other logs that can be read either way; if no
//! log has one, the order that gives the shortest total time span is used, which is a guess.

use crate::input::{Opened, open};
use crate::spool::Spool;
use crate::{Input, LogError};
use jac_jtl::{DateOrder, DateOrderSource, LogReader, Sample, Settings};
use std::io::{ErrorKind, Read};

/// Bytes read at once.
const PIECE: usize = 128 << 10;

/// A log ready to be read.
pub(crate) struct Ready<'a> {
    pub(crate) input: &'a Input,
    /// An input that can be read only once is already open.
    opened: Option<Opened>,
    /// With the order of its dates.
    pub(crate) settings: Settings,
}

impl Ready<'_> {
    pub(crate) fn open(&mut self) -> Result<Opened, LogError> {
        self.opened.take().map_or_else(|| open(self.input), Ok)
    }
}

/// Examines the first rows of the logs, and reads those whose first dates are ambiguous. `looked` is called after each piece with the
/// number of decompressed bytes so far, and may cancel it.
///
/// # Errors
/// When a log cannot be opened or read, is not a result log, or can be read only once and cannot be copied.
pub(crate) fn ready<'a, E: From<LogError>>(
    inputs: &'a [Input],
    settings: &Settings,
    looked: &mut dyn FnMut(usize) -> Result<(), E>,
) -> Result<Vec<Ready<'a>>, E> {
    let mut logs = Vec::new();
    let mut found = Vec::new();
    let mut bytes = 0;
    for input in inputs {
        let mut opened = open(input)?;
        let mut log = Found::of_head(&opened.head, settings);
        if log.is_open {
            let is_once = input.is_read_once();
            log = Found::new(settings);
            let mut spool = if is_once { Some(Spool::new(input)?) } else { None };
            let mut again = if is_once { None } else { Some(open(input)?) };
            let through = again.as_mut().unwrap_or(&mut opened);
            let mut piece = vec![0; PIECE];
            loop {
                match through.bytes.read(&mut piece) {
                    Ok(0) => break,
                    Ok(read) => {
                        log.feed(&piece[..read]);
                        if let Some(spool) = &mut spool {
                            spool.write(&piece[..read])?;
                        }
                        bytes += read;
                        looked(bytes)?;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(source) => return Err(LogError::Read { name: input.name(), source }.into()),
                }
            }
            if let Some(spool) = spool {
                opened.bytes = spool.again()?;
            }
        }
        found.push(log);
        // A single log is read next; of several, only those that must stay open are kept open.
        let keeps_open = inputs.len() == 1 || input.is_read_once();
        logs.push(Ready { input, opened: keeps_open.then_some(opened), settings: settings.clone() });
    }
    let common = common(&found);
    for (log, found) in logs.iter_mut().zip(&found).filter(|(_, found)| found.is_open) {
        let (order, source) = found.certain().map_or(common, |order| (order, DateOrderSource::Certain));
        log.settings = with(settings, order, source);
    }
    Ok(logs)
}

/// The settings with the common date order of these logs, for reading them one by one. Those that can be read only once
/// are not examined; if two logs certainly have different orders, each keeps its own.
///
/// # Errors
/// The same as for reading them.
pub fn with_common_dates(inputs: &[Input], settings: &Settings) -> Result<Settings, LogError> {
    let inputs: Vec<Input> = inputs.iter().filter(|input| !input.is_read_once()).cloned().collect();
    let logs = ready(&inputs, settings, &mut |_| Ok::<_, LogError>(()))?;
    let mut settled = logs.into_iter().map(|log| log.settings).filter(|log| *log != *settings);
    let Some(first) = settled.next() else { return Ok(settings.clone()) };
    Ok(if settled.all(|other| other == first) { first } else { settings.clone() })
}

fn with(settings: &Settings, date_order: DateOrder, date_order_source: DateOrderSource) -> Settings {
    Settings { date_order, date_order_source, ..settings.clone() }
}

const ORDERS: [DateOrder; 2] = [DateOrder::MonthFirst, DateOrder::DayFirst];

/// Findings about a log, read in each order.
struct Found {
    tries: [Try; 2],
    /// Its dates are ambiguous, and the order was not given.
    is_open: bool,
}

impl Found {
    fn new(settings: &Settings) -> Self {
        let tries = ORDERS.map(|order| Try::new(&with(settings, order, settings.date_order_source)));
        Self { tries, is_open: true }
    }

    /// By a log's first bytes.
    fn of_head(head: &[u8], settings: &Settings) -> Self {
        let mut found = Self::new(settings);
        found.feed(head);
        found.is_open = settings.date_order_source == DateOrderSource::Default
            && found.tries.iter().any(|each| each.reader.outcome().guesses.date_order);
        found
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.tries.iter_mut().for_each(|each| each.feed(bytes));
    }

    /// The only order in which all its rows can be read.
    fn certain(&self) -> Option<DateOrder> {
        let [month_first, day_first] = self.tries.each_ref().map(|each| each.reader.outcome().rejected_rows);
        match month_first.cmp(&day_first) {
            std::cmp::Ordering::Less => Some(DateOrder::MonthFirst),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(DateOrder::DayFirst),
        }
    }
}

/// The order for logs that can be read either way, derived from the other logs.
fn common(found: &[Found]) -> (DateOrder, DateOrderSource) {
    let certain: Vec<DateOrder> = found.iter().filter(|found| found.is_open).filter_map(Found::certain).collect();
    match certain.as_slice() {
        [first, others @ ..] if others.iter().all(|other| other == first) => (*first, DateOrderSource::Certain),
        _ => {
            let lengths = [0, 1].map(|order| {
                let tries = || found.iter().map(|found| &found.tries[order]);
                let first_ms = tries().map(|each| each.first_ms).min().unwrap_or_default();
                tries().map(|each| each.last_ms).max().unwrap_or_default().saturating_sub(first_ms)
            });
            let order = if lengths[1] < lengths[0] { DateOrder::DayFirst } else { DateOrder::MonthFirst };
            (order, DateOrderSource::Guessed)
        }
    }
}

/// The log as it is in one order.
struct Try {
    reader: LogReader,
    first_ms: i64,
    last_ms: i64,
}

impl Try {
    fn new(settings: &Settings) -> Self {
        Self { reader: LogReader::new(settings), first_ms: i64::MAX, last_ms: i64::MIN }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let (first_ms, last_ms) = (&mut self.first_ms, &mut self.last_ms);
        self.reader.feed(bytes, &mut |sample: &Sample<'_>| {
            *first_ms = sample.start_ms.min(*first_ms);
            *last_ms = sample.start_ms.max(*last_ms);
        });
    }
}
