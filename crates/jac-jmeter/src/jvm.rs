//! The heap of a running JVM, read from the file of counters that HotSpot keeps for `jstat`,
//! `/tmp/hsperfdata_<user>/<pid>`. Reading it does not affect the JVM, and needs no JDK on the machine.
//!
//! The format is version 2.0 of HotSpot's performance data, described by `PerfDataPrologue` and `PerfDataEntry` in
//! `src/hotspot/share/runtime/perfMemory.hpp` and `perfData.hpp` of OpenJDK.

use jac_model::ports::Heap;

/// The folder of a user's JVMs' files, each named after its process.
pub fn counters_folder(user: &str) -> String {
    format!("/tmp/hsperfdata_{user}")
}

/// The path of a process's file.
pub fn counters_path(user: &str, pid: u32) -> String {
    format!("{}/{pid}", counters_folder(user))
}

/// Size of a counter file unless the JVM is configured otherwise: 32 KiB.
pub const COUNTERS_SIZE: usize = 64 * 1024;

const MAGIC: [u8; 4] = [0xca, 0xfe, 0xc0, 0xc0];
const LITTLE_ENDIAN: u8 = 1;
const MAJOR_VERSION: u8 = 2;

/// The heap: memory used by objects after the last garbage collection, and its size. `None` if the bytes are not such a
/// file, or an incomplete one.
pub fn heap(counters: &[u8]) -> Option<Heap> {
    let places = HeapPlaces::find(counters)?;
    let number = |at: u64| counters.get(usize::try_from(at).ok()?..)?.first_chunk::<8>().copied();
    places.heap(&places.offsets().map(number).collect::<Option<Vec<_>>>()?)
}

/// The offsets in a counter file of the numbers that describe the heap. They do not change while the JVM runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeapPlaces {
    little_endian: bool,
    capacities: Vec<u64>,
    used: Vec<u64>,
}

impl HeapPlaces {
    /// Finds them in a complete file. `None` as for [`heap`].
    pub fn find(counters: &[u8]) -> Option<Self> {
        if counters.get(..4)? != MAGIC || *counters.get(5)? != MAJOR_VERSION {
            return None;
        }
        let file = Counters { bytes: counters, little_endian: *counters.get(4)? == LITTLE_ENDIAN };
        let mut places = Self { little_endian: file.little_endian, capacities: Vec::new(), used: Vec::new() };
        let (mut at, entries) = (file.word(24)?, file.word(28)?);
        for _ in 0..entries {
            let length = file.word(at)?;
            if length == 0 {
                return None;
            }
            let name = file.text(at + file.word(at + 4)?)?;
            // One number of eight bytes; a text has a length.
            let is_number = file.word(at + 8)? == 0 && *counters.get(at + 12)? == b'J';
            if is_number && let Some(rest) = name.strip_prefix("sun.gc.generation.") {
                let place = || u64::try_from(at + file.word(at + 16)?).ok();
                match rest.split('.').collect::<Vec<_>>().as_slice() {
                    [_, "capacity"] => places.capacities.push(place()?),
                    [_, "space", _, "used"] => places.used.push(place()?),
                    _ => (),
                }
            }
            at += length;
        }
        (!places.capacities.is_empty()).then_some(places)
    }

    /// The offsets of the eight-byte numbers.
    pub fn offsets(&self) -> impl Iterator<Item = u64> {
        self.capacities.iter().chain(&self.used).copied()
    }

    /// The heap, computed from the numbers at [`HeapPlaces::offsets`]. `None` for a different count, or a heap without a size.
    pub fn heap(&self, numbers: &[[u8; 8]]) -> Option<Heap> {
        let read = |bytes: &[u8; 8]| {
            let number = if self.little_endian { i64::from_le_bytes(*bytes) } else { i64::from_be_bytes(*bytes) };
            u64::try_from(number).ok()
        };
        let numbers = numbers.iter().map(read).collect::<Option<Vec<u64>>>()?;
        let (capacities, used) = numbers.split_at_checked(self.capacities.len())?;
        let heap = Heap { used_bytes: used.iter().sum(), size_bytes: capacities.iter().sum() };
        (used.len() == self.used.len() && heap.size_bytes > 0).then_some(heap)
    }
}

struct Counters<'a> {
    bytes: &'a [u8],
    little_endian: bool,
}

impl Counters<'_> {
    fn word(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let word = if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        usize::try_from(word).ok()
    }

    fn text(&self, at: usize) -> Option<&str> {
        let rest = self.bytes.get(at..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of counters with these numbers.
    fn file(numbers: &[(&str, u64)]) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[LITTLE_ENDIAN, MAJOR_VERSION, 0, 1]].concat();
        bytes.resize(24, 0);
        bytes.extend(32_u32.to_le_bytes());
        bytes.extend(u32::try_from(numbers.len()).expect("few").to_le_bytes());
        for (name, number) in numbers {
            let mut text = name.as_bytes().to_vec();
            text.resize((name.len() / 8 + 1) * 8, 0);
            let data = 24 + u32::try_from(text.len()).expect("short");
            for word in [data + 8, 24, 0] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.extend([b'J', 0, 0, 0]);
            bytes.extend(data.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(text);
            bytes.extend(number.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn all_spaces_of_all_generations_make_the_heap() {
        let counters = file(&[
            ("sun.gc.generation.0.capacity", 100),
            ("sun.gc.generation.0.maxCapacity", 999),
            ("sun.gc.generation.0.space.0.used", 7),
            ("sun.gc.generation.0.space.0.capacity", 999),
            ("sun.gc.generation.1.capacity", 50),
            ("sun.gc.generation.1.space.0.used", 20),
            ("sun.os.hrt.frequency", 3),
        ]);
        assert_eq!(heap(&counters), Some(Heap { used_bytes: 27, size_bytes: 150 }));
        let places = HeapPlaces::find(&counters).expect("places");
        assert_eq!(places.offsets().count(), 4, "two capacities and two spaces");
        assert_eq!(places.heap(&[[0; 8]; 3]), None, "one is missing");
    }

    #[test]
    fn what_is_cut_or_foreign_is_none() {
        let whole = file(&[("sun.gc.generation.0.capacity", 100)]);
        assert!(heap(&whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(heap(&whole[..length]), None, "{length}");
        }
        assert_eq!(heap(&file(&[])), None);
        assert_eq!(heap(&vec![0; 4096]), None);
    }

    /// With a real JVM, if the machine has a Java.
    #[tokio::test]
    async fn the_heap_of_a_real_jvm_is_read() {
        use tokio::io::AsyncReadExt;
        let search = crate::JavaSearch { java_home: None, search_path: std::env::var_os("PATH") };
        let java = search.find().await.expect("the tests have a Java");
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("Waits.java");
        let text = "public class Waits { public static void main(String[] a) throws Exception { \
                    System.gc(); System.out.print('.'); System.out.flush(); Thread.sleep(60000); } }";
        std::fs::write(&source, text).expect("a file");
        let mut child = tokio::process::Command::new(&java.path)
            .args(["-XX:+UseParallelGC", "-Xms64m", "-Xmx64m"])
            .arg(&source)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("java starts");
        let mut dot = [0];
        // A runtime without a compiler cannot run a source.
        if child.stdout.take().expect("its output").read_exact(&mut dot).await.is_err() {
            return;
        }
        let user = std::process::Command::new("id").arg("-un").output().expect("id runs").stdout;
        let path = counters_path(String::from_utf8_lossy(&user).trim(), child.id().expect("it runs"));
        let heap = heap(&std::fs::read(path).expect("its counters")).expect("a heap");
        assert_eq!(heap.size_bytes >> 20, 64, "{heap:?}");
        assert!(heap.used_bytes > 0 && heap.used_bytes < heap.size_bytes, "{heap:?}");
    }
}
