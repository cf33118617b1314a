//! From a log to batches: reads on after the last acknowledged row, in pieces, on threads that may block.

use crate::batch::{Batch, Framing, Packer};
use crate::settings::Settings;
use jac_jtl::{Layout, LogReader, Sample};
use jac_model::search::{Cursor, SampleLog, ShippedRun, TargetError};
use tokio::sync::mpsc;

/// How much of the log is read at a time.
const PIECE: usize = 512 << 10;
/// How much of it is examined to detect its layout. A header and a few rows are enough.
const HEAD: usize = 256 << 10;

/// The reader of a log and its results.
struct Rows {
    reader: LogReader,
    packer: Packer,
}

/// Reads the log to its end and passes on its rows in batches. An incomplete batch is sent whenever the log has no more
/// for now, so that the samples of a slow run appear at once.
pub(crate) async fn read(
    run: &ShippedRun,
    settings: &Settings,
    framing: Framing,
    from: Cursor,
    log: &dyn SampleLog,
    batches: mpsc::Sender<Batch>,
) -> Result<(), TargetError> {
    let options = jac_jtl::Settings::default();
    let layout = match from.row {
        Some(_) if !run.is_imported => layout(log, &options).await?,
        _ => None,
    };
    // If the layout is unknown (XML, times without a date) or may change (concatenated logs) it is read from its beginning, and rows already shipped are skipped.
    let (reader, mut offset) = match (from.row, layout) {
        (Some(row), Some(layout)) => (LogReader::continued(&options, &layout, row), row),
        _ => (LogReader::new(&options), 0),
    };
    let mut rows = Rows { reader, packer: Packer::new(run, settings, framing, from.row) };
    loop {
        let bytes = log.read_at(offset, PIECE).await?;
        offset += bytes.len() as u64;
        let (is_empty, is_over) = (bytes.is_empty(), bytes.is_empty() && !log.grows().await);
        let work = move || {
            rows.reader.feed(&bytes, &mut rows.packer);
            if is_over {
                rows.reader.finish(&mut rows.packer);
            }
            let full = if is_empty { rows.packer.take_all() } else { rows.packer.take_full() };
            (rows, full)
        };
        let (back, full) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|panic| TargetError::new("search_failed", format!("The log could not be read: {panic}.")))?;
        rows = back;
        for batch in full {
            if batches.send(batch).await.is_err() {
                // The sender has failed and reports the reason.
                return Ok(());
            }
        }
        if is_over {
            return Ok(());
        }
    }
}

/// How the rows of a log are laid out.
async fn layout(log: &dyn SampleLog, options: &jac_jtl::Settings) -> Result<Option<Layout>, TargetError> {
    let head = log.read_at(0, HEAD).await?;
    let mut reader = LogReader::new(options);
    reader.feed(&head, &mut |_: &Sample<'_>| ());
    Ok(reader.layout())
}
