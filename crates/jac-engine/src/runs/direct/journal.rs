//! The origin of the spool's bytes: a line for each piece, `NODE FROM AT LENGTH`, written before the piece itself.
//!
//! After a crash the spool may lack bytes that the journal has a line for, and the journal may end with an incomplete
//! line. The part on which both agree is kept, up to the last complete row; the remainder is read from its node again.

use crate::runs::spool;
use jac_jtl::whole_rows;
use jac_model::RunId;
use jac_store::DataFolder;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// In place of a node's name: the header line, with which all nodes' logs begin and which the spool contains once.
pub(super) const HEADER: &str = "-";
/// JAC sets it on every node.
pub(super) const DELIMITER: u8 = b',';

/// A piece of the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extent {
    pub node: String,
    /// Its position in the node's log.
    pub from: u64,
    /// Its position in the spool.
    pub at: u64,
    pub length: u64,
}

impl Extent {
    fn line(&self) -> String {
        format!("{} {} {} {}\n", self.node, self.from, self.at, self.length)
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_suffix('\n')?.split(' ');
        let node = words.next()?.to_owned();
        // A crash can leave an incomplete line: what cannot be parsed is not a piece, and is read again.
        let mut number = || words.next()?.parse().ok();
        let extent = Self { node, from: number()?, at: number()?, length: number()? };
        words.next().is_none().then_some(extent)
    }
}

/// The journal of a run's spool.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    length: u64,
}

/// The state found when it was opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// How far each node's log is in the spool.
    pub offsets: BTreeMap<String, u64>,
    /// The position of each node's first row in the spool.
    pub first_rows: BTreeMap<String, u64>,
    /// The spool had bytes unknown to the journal. They were truncated, and may be appended again at another position.
    pub surplus: bool,
}

/// The paths of a spool and its journal.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    pub spool: PathBuf,
    pub journal: PathBuf,
    /// The temporary files of both, while they are being rebuilt.
    pub new_spool: PathBuf,
    pub new_journal: PathBuf,
}

impl Paths {
    pub fn of(folder: &DataFolder, run: &RunId) -> Self {
        Self::beside(&spool(folder, run))
    }

    fn beside(spool: &Path) -> Self {
        let with = |extension: &str| spool.with_extension(extension);
        Self {
            spool: spool.to_owned(),
            journal: with("sources"),
            new_spool: with("again"),
            new_journal: with("sources-again"),
        }
    }

    /// Replaces a spool and a journal with rebuilt ones. The spool is replaced first: a new journal without a new spool
    /// is used when the old one is opened.
    pub fn replace(&self) -> Result<()> {
        std::fs::rename(&self.new_spool, &self.spool)?;
        std::fs::rename(&self.new_journal, &self.journal)
    }

    /// Removes partially rebuilt files. The journal is removed first: without the spool it would be used.
    pub fn discard(&self) -> Result<()> {
        remove_if_there(&self.new_journal)?;
        remove_if_there(&self.new_spool)
    }

    /// Completes an interrupted replacement, so that there is one spool and one journal.
    fn settle(&self) -> Result<()> {
        if self.new_journal.try_exists()? && !self.new_spool.try_exists()? {
            return std::fs::rename(&self.new_journal, &self.journal);
        }
        self.discard()
    }
}

/// Removes the journal of a run that has finished.
pub(in crate::runs) fn remove(folder: &DataFolder, run: &RunId) -> Result<()> {
    remove_if_there(&Paths::of(folder, run).journal)
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Journal {
    /// Opens the journal, and makes spool and journal consistent.
    pub fn open(paths: &Paths) -> Result<(Self, Found)> {
        paths.settle()?;
        let mut spool = open(&paths.spool)?;
        let mut file = open(&paths.journal)?;
        let spool_length = spool.metadata()?.len();
        let mut found = Found::default();
        let mut kept = 0;
        let mut end = 0;
        // The single piece whose bytes are incomplete.
        let mut begun = None;
        for_each(&mut file, |mut extent, line_length| {
            if extent.at != end {
                return Ok(false);
            }
            if extent.at + extent.length > spool_length {
                extent.length = whole_rows_of(&mut spool, extent.at, spool_length)?;
                begun = Some(extent);
                return Ok(false);
            }
            kept += line_length;
            end += extent.length;
            found.take(&extent);
            Ok(true)
        })?;
        // The bytes of a started piece are known, even if its last row is dropped.
        found.surplus = begun.is_none() && end < spool_length;
        let begun = begun.filter(|extent| extent.length > 0);
        if let Some(extent) = &begun {
            end += extent.length;
            found.take(extent);
        }
        if kept < file.metadata()?.len() {
            Self::rewrite(paths, &mut file, kept, begun.as_ref())?;
            file = open(&paths.journal)?;
        }
        if end < spool_length {
            spool.set_len(end)?;
        }
        let length = file.metadata()?.len();
        Ok((Self { file, length }, found))
    }

    /// Keeps this much of the journal, and a piece after it, atomically.
    fn rewrite(paths: &Paths, old: &mut File, kept: u64, last: Option<&Extent>) -> Result<()> {
        let new = paths.journal.with_extension("sources-new");
        let mut file = File::create(&new)?;
        old.seek(SeekFrom::Start(0))?;
        std::io::copy(&mut old.take(kept), &mut file)?;
        if let Some(extent) = last {
            file.write_all(extent.line().as_bytes())?;
        }
        std::fs::rename(new, &paths.journal)
    }

    /// Records a piece that is about to be added to the spool.
    pub fn add(&mut self, extent: &Extent) -> Result<()> {
        let line = extent.line();
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            drop(self.file.set_len(self.length));
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Takes the last piece back: it did not get into the spool.
    pub fn take_back(&mut self, extent: &Extent) -> Result<()> {
        self.length = self.length.saturating_sub(extent.line().len() as u64);
        self.file.set_len(self.length)
    }
}

impl Found {
    fn take(&mut self, extent: &Extent) {
        if extent.node != HEADER {
            self.offsets.insert(extent.node.clone(), extent.from + extent.length);
            self.first_rows.entry(extent.node.clone()).or_insert(extent.at);
        }
    }
}

/// Writes a new journal next to the existing one.
pub(super) struct NewJournal(BufWriter<File>);

impl NewJournal {
    pub fn create(paths: &Paths) -> Result<Self> {
        Ok(Self(BufWriter::new(File::create(&paths.new_journal)?)))
    }

    pub fn add(&mut self, extent: &Extent) -> Result<()> {
        self.0.write_all(extent.line().as_bytes())
    }

    pub fn finish(mut self) -> Result<()> {
        self.0.flush()
    }
}

/// All pieces of a spool, in its order.
pub(super) fn extents(paths: &Paths, mut take: impl FnMut(&Extent) -> Result<()>) -> Result<()> {
    for_each(&mut File::open(&paths.journal)?, |extent, _| take(&extent).map(|()| true))
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).read(true).open(path)
}

/// Calls `take` with each line's piece and the line's length, up to the first invalid line or the first `false`.
fn for_each(file: &mut File, mut take: impl FnMut(Extent, u64) -> Result<bool>) -> Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = BufReader::with_capacity(256 << 10, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        let Some(extent) = std::str::from_utf8(&line).ok().and_then(Extent::read) else { return Ok(()) };
        if !take(extent, line.len() as u64)? {
            return Ok(());
        }
    }
}

fn whole_rows_of(spool: &mut File, at: u64, end: u64) -> Result<u64> {
    let mut bytes = Vec::new();
    spool.seek(SeekFrom::Start(at))?;
    spool.take(end.saturating_sub(at)).read_to_end(&mut bytes)?;
    Ok(whole_rows(&bytes, DELIMITER) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOOL: &str = "head\na1\nb1\na2\n";
    const JOURNAL: &str = "- 0 0 5\na 5 5 3\nb 5 8 3\na 8 11 3\n";

    fn place(spool: &str, journal: &str) -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = Paths::beside(&folder.path().join("results.jtl"));
        std::fs::write(&paths.spool, spool).expect("written");
        std::fs::write(&paths.journal, journal).expect("written");
        (folder, paths)
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).expect("a text")
    }

    #[test]
    fn wherever_it_was_interrupted_spool_and_journal_agree_on_whole_rows() {
        for spool_length in 0..=SPOOL.len() {
            for journal_length in 0..=JOURNAL.len() {
                let (_folder, paths) = place(&SPOOL[..spool_length], &JOURNAL[..journal_length]);
                let (_, found) = Journal::open(&paths).expect("it opens");
                let (spool, journal) = (read(&paths.spool), read(&paths.journal));
                assert!(SPOOL.starts_with(&spool) && (spool.is_empty() || spool.ends_with('\n')), "{spool:?}");
                let mut end = 0;
                let mut offsets = BTreeMap::new();
                extents(&paths, |extent| {
                    assert_eq!(extent.at, end, "{journal:?}");
                    end += extent.length;
                    if extent.node != HEADER {
                        offsets.insert(extent.node.clone(), extent.from + extent.length);
                    }
                    Ok(())
                })
                .expect("it reads");
                assert_eq!((end, offsets), (spool.len() as u64, found.offsets), "{spool:?} {journal:?}");
                // A line precedes its bytes, so after a crash there are no unrecorded bytes.
                let written: usize = JOURNAL[..journal_length].matches('\n').count();
                assert_eq!(found.surplus, spool_length > [0, 5, 8, 11, 14][written], "{spool_length} {journal_length}");
                let (_, again) = Journal::open(&paths).expect("it opens");
                assert!(!again.surplus && read(&paths.spool) == spool && read(&paths.journal) == journal);
            }
        }
    }

    #[test]
    fn a_replacement_that_was_interrupted_is_done_or_undone() {
        let (_folder, paths) = place(SPOOL, JOURNAL);
        let put = || {
            std::fs::write(&paths.new_spool, "head\nb1\n").expect("written");
            std::fs::write(&paths.new_journal, "- 0 0 5\nb 5 5 3\n").expect("written");
        };
        put();
        Journal::open(&paths).expect("it opens");
        assert_eq!((read(&paths.spool), paths.new_spool.exists()), (SPOOL.to_owned(), false));
        put();
        std::fs::rename(&paths.new_spool, &paths.spool).expect("renamed");
        let (_, found) = Journal::open(&paths).expect("it opens");
        assert_eq!((read(&paths.spool).as_str(), found.offsets), ("head\nb1\n", BTreeMap::from([("b".to_owned(), 8)])));
        assert!(!paths.new_journal.exists() && !found.surplus);
    }

    #[test]
    fn a_replacement_whose_state_cannot_be_read_loses_nothing() {
        let (_folder, paths) = place(SPOOL, JOURNAL);
        std::fs::write(&paths.new_journal, "- 0 0 5\nb 5 5 3\n").expect("written");
        std::os::unix::fs::symlink(&paths.new_spool, &paths.new_spool).expect("a link to itself");
        assert!(Journal::open(&paths).is_err());
        assert!(paths.new_journal.exists() && read(&paths.journal) == JOURNAL);
    }

    #[test]
    fn what_did_not_get_into_the_spool_is_taken_back() {
        let (_folder, paths) = place(SPOOL, JOURNAL);
        let (mut journal, _) = Journal::open(&paths).expect("it opens");
        let extent = Extent { node: "b".to_owned(), from: 8, at: 14, length: 3 };
        journal.add(&extent).expect("written");
        journal.take_back(&extent).expect("taken back");
        assert_eq!(read(&paths.journal), JOURNAL);
        journal.add(&extent).expect("written");
        assert_eq!(read(&paths.journal), format!("{JOURNAL}b 8 14 3\n"));
    }
}
