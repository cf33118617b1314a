//! A nearly full disk when a run ends: the end is stored all the same.

use crate::house::House;
use jac_model::{Cause, ClusterConfig, ClusterPhase, Provider, RunPhase};
use nix::sys::statvfs::statvfs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of a few megabytes on the data folder, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` if the machine does not allow it.
    fn on(folder: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&folder).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(&folder).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn free(&self) -> u64 {
        let disk = statvfs(&self.0).expect("a file system");
        disk.blocks_available() * disk.fragment_size()
    }

    fn large_file(&self) -> PathBuf {
        self.0.join("uploads/large")
    }

    /// Fills all but this many bytes.
    fn leave(&self, bytes: u64) {
        let taken = usize::try_from(self.free().saturating_sub(bytes)).expect("a number");
        std::fs::write(self.large_file(), vec![1; taken]).expect("written");
    }

    fn leave_all(&self) {
        let _not_taken = std::fs::remove_file(self.large_file());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn page_bytes(folder: &Path) -> Option<u64> {
    Some(std::fs::metadata(folder.join("report.html")).ok()?.len())
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_run_is_written_down_with_whatever_room_its_report_has_left() {
    let (mut page, mut made_room) = (None, 0);
    // The report as a page is the largest file written at the end: the space it leaves decides.
    for beyond_the_page in std::iter::once(None).chain((0..600).step_by(30).map(Some)) {
        let mut house = House::new();
        let Some(disk) = SmallDisk::on(house.data()) else {
            let why = "a small file system of its own needs root and the right to mount";
            assert!(std::env::var_os("CI").is_none(), "skipped in CI: {why}");
            return eprintln!("skipped: {why}");
        };
        house.settings.disk_reserve_bytes = 0;
        let cluster = house.cluster_of(Provider::Local, ClusterConfig::default()).await;
        let run = house.run(&cluster).await;
        house.until_run(&run, RunPhase::Running).await;
        if let (Some(page), Some(beyond)) = (page, beyond_the_page) {
            disk.leave(page + beyond * 1024);
        }
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert!(house.log(&run) == house.measured(&run), "{beyond_the_page:?} KB");
        let its_page = page_bytes(&house.data().join("runs").join(run.as_str()));
        made_room += u32::from(its_page.is_none() && ran.cause == Some(Cause::Completed) && !ran.notes.is_empty());
        page = page.or(its_page);
        disk.leave_all();
        house.terminate(&cluster).await;
        house.until_phase(&cluster, ClusterPhase::Terminated).await;
        house.crash().await;
    }
    assert!(made_room > 0, "no run had its page written and no room for its end");
}
