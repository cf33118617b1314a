//! Which of day and month comes first in a log whose dates do not say, such as `05/03/2024`.
//!
//! One date above 12 decides for the whole log, wherever it stands; otherwise the order that makes the log the shorter one is
//! taken, which is a guess.

use crate::input::open;
use crate::{Input, LogError};
use jac_jtl::{DateOrder, LogReader, Sample, Settings};
use std::io::{ErrorKind, Read};

/// Bytes read at once.
const PIECE: usize = 128 << 10;

/// What a log's dates are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) order: DateOrder,
    /// Rows can be read in one order only.
    pub(crate) is_certain: bool,
}

/// Looks through a log for the order of its dates; `None` where its first rows say everything. Standard input can be read
/// only once, so there its first bytes have to do. `looked` is called after each piece with the unpacked bytes so far, and may end it.
pub(crate) fn order<E: From<LogError>>(
    input: &Input,
    head: &[u8],
    settings: &Settings,
    looked: &mut dyn FnMut(usize) -> Result<(), E>,
) -> Result<Option<Order>, E> {
    let mut reader = LogReader::new(settings);
    reader.feed(head, &mut |_: &Sample<'_>| {});
    let mut other = LogReader::new(&with(settings, DateOrder::DayFirst));
    other.feed(head, &mut |_: &Sample<'_>| {});
    if !(reader.outcome().guesses.date_order || other.outcome().guesses.date_order) {
        return Ok(None);
    }
    let mut tries = [DateOrder::MonthFirst, DateOrder::DayFirst].map(|order| Try::new(settings, order));
    if *input == Input::Stdin {
        tries.iter_mut().for_each(|each| each.feed(head));
    } else {
        let mut opened = open(input)?;
        let mut piece = vec![0; PIECE];
        let mut bytes = 0;
        loop {
            match opened.bytes.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => {
                    tries.iter_mut().for_each(|each| each.feed(&piece[..read]));
                    bytes += read;
                    looked(bytes)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(LogError::Read { name: input.name(), source }.into()),
            }
        }
    }
    let [month_first, day_first] = tries.map(Try::end);
    let order = if day_first < month_first { DateOrder::DayFirst } else { DateOrder::MonthFirst };
    Ok(Some(Order { order, is_certain: month_first.0 != day_first.0 }))
}

pub(crate) fn with(settings: &Settings, order: DateOrder) -> Settings {
    Settings { date_order: order, ..settings.clone() }
}

/// The log as it is in one order.
struct Try {
    reader: LogReader,
    first_ms: i64,
    last_ms: i64,
}

impl Try {
    fn new(settings: &Settings, order: DateOrder) -> Self {
        Self { reader: LogReader::new(&with(settings, order)), first_ms: i64::MAX, last_ms: i64::MIN }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let (first_ms, last_ms) = (&mut self.first_ms, &mut self.last_ms);
        self.reader.feed(bytes, &mut |sample: &Sample<'_>| {
            *first_ms = sample.start_ms.min(*first_ms);
            *last_ms = sample.start_ms.max(*last_ms);
        });
    }

    /// Rows that could not be read, and how long the log is.
    fn end(self) -> (u64, i64) {
        (self.reader.outcome().rejected_rows, self.last_ms.saturating_sub(self.first_ms))
    }
}
