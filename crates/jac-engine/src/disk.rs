//! Free space on the disk of the data folder. Some of it is reserved: the database and the ends of runs are written
//! even when a growing log has used everything else.

use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::notices::Notice;
use nix::sys::statvfs::statvfs;
use std::io::{self, Write};

/// Bytes written between two checks of the free disk space.
pub const CHECK_EVERY_BYTES: u64 = 16 << 20;

/// Free space in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub free: u64,
    /// Minimum free space for the start of a run…
    pub reserve: u64,
}

impl Room {
    /// …and a log grows no more with less than half of that.
    pub fn is_for_logs(self) -> bool {
        self.free >= self.reserve / 2
    }
}

impl Engine {
    /// Free space on the data folder's disk; `None` if the system does not report it.
    pub(crate) fn room(&self) -> Option<Room> {
        let disk = statvfs(self.folder().root()).ok()?;
        let free = disk.blocks_available() * disk.fragment_size();
        Some(Room { free, reserve: self.settings().disk_reserve_bytes })
    }

    /// # Errors
    /// When there is no space for another run's log.
    pub fn need_room(&self) -> Result<(), EngineError> {
        match self.room() {
            Some(room) if room.free < room.reserve => Err(conflict(
                format!(
                    "The disk of JAC's data folder is nearly full: {} MB free, {} MB reserved.",
                    room.free / 1_000_000,
                    room.reserve / 1_000_000
                ),
                Some("Delete old runs or free disk space on the server, and start the run again."),
            )),
            _ => Ok(()),
        }
    }

    /// Whether uploads may continue: with less than half of the reserve they may not.
    pub fn has_room_for_files(&self) -> bool {
        self.room().is_none_or(Room::is_for_logs)
    }

    /// Shows on every page that reading logs is paused, or has resumed.
    pub(crate) fn report_disk_wait(&self, is_low: bool) {
        if is_low {
            let message = "The disk of JAC's data folder is nearly full. Runs continue, but results stay on their nodes until \
                 there is space: delete old runs, or free disk space on the server.";
            self.notice(Notice::new("disk_low", [], message.to_owned()));
        } else {
            self.forget_notice("disk_low");
        }
    }
}

/// A writer that stops when there is no space left: uploads must not use the reserve.
pub(crate) struct Roomy<'a, W> {
    out: W,
    has_room: &'a dyn Fn() -> bool,
    until_check: u64,
}

impl<'a, W> Roomy<'a, W> {
    pub fn new(out: W, has_room: &'a dyn Fn() -> bool) -> Self {
        Self { out, has_room, until_check: 0 }
    }
}

impl<W: Write> Write for Roomy<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.until_check == 0 {
            if !(self.has_room)() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.until_check = CHECK_EVERY_BYTES;
        }
        let written = self.out.write(bytes)?;
        self.until_check = self.until_check.saturating_sub(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
