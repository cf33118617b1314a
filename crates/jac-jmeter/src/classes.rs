//! The Java classes in a JMeter home and in a plan's plugin jars, so that a plan with a missing plugin is rejected
//! before the start and not by every node after it.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The class names of a set of jars.
#[derive(Debug, Default)]
pub struct ClassIndex {
    names: HashSet<String>,
    functions: BTreeSet<String>,
}

/// A function's class is small; a larger one is not read for its name.
const MAX_FUNCTION_CLASS: u64 = 1 << 20;

impl ClassIndex {
    /// Reads the tables of contents of `lib/*.jar`, `lib/ext/*.jar` and the launcher. No class is loaded. About 0.1 s.
    ///
    /// # Errors
    /// When a folder of the home cannot be listed. An unreadable jar is skipped, as Java does.
    pub fn of_home(home: &Path) -> io::Result<Self> {
        let mut index = Self::default();
        for folder in ["bin", "lib", "lib/ext", "lib/junit"] {
            let folder = home.join(folder);
            if folder.is_dir() {
                for entry in std::fs::read_dir(&folder)? {
                    index.add_jar(&entry?.path());
                }
            }
        }
        Ok(index)
    }

    /// Adds the classes of one jar.
    pub fn add_jar(&mut self, jar: &Path) {
        if jar.extension().is_none_or(|extension| extension != "jar") {
            return;
        }
        let Ok(file) = std::fs::File::open(jar) else { return };
        let Ok(mut archive) = zip::ZipArchive::new(io::BufReader::new(file)) else { return };
        let mut functions = Vec::new();
        for name in archive.file_names().flatten() {
            if let Some(class) = name.strip_suffix(".class")
                && !class.contains('$')
            {
                // As JMeter finds them: `classfinder.functions.contain` and `.notContain`.
                if class.contains("/functions/") && !class.contains("/gui/") {
                    functions.push(name.to_string());
                }
                self.names.insert(class.replace('/', "."));
            }
        }
        for name in functions {
            let Ok(class) = archive.by_name(&name) else { continue };
            let mut bytes = Vec::new();
            if class.take(MAX_FUNCTION_CLASS).read_to_end(&mut bytes).is_ok() {
                self.functions.extend(function_names(&bytes));
            }
        }
    }

    /// The names of functions (`__env`) of the classes in packages of functions.
    pub fn functions(&self) -> &BTreeSet<String> {
        &self.functions
    }

    /// Adds the classes of several jars.
    pub fn add_jars(&mut self, jars: impl IntoIterator<Item = PathBuf>) {
        for jar in jars {
            self.add_jar(&jar);
        }
    }

    /// Adds the jars of one of JMeter's search paths: jars and folders of jars, separated by semicolons. A relative path starts at the working
    /// folder of a node and is ignored.
    pub fn add_search_path(&mut self, search_path: &str) {
        for place in search_path.split(';').map(Path::new).filter(|place| place.is_absolute()) {
            match std::fs::read_dir(place) {
                Ok(entries) => self.add_jars(entries.flatten().map(|entry| entry.path())),
                Err(_) => self.add_jar(place),
            }
        }
    }

    /// Whether one of the jars contains the class, named with dots. A nested class exists if its outer class does.
    pub fn has(&self, class: &str) -> bool {
        self.names.contains(class.split('$').next().unwrap_or(class))
    }
}

/// The constants of a class file that are named like a function: tag 1, the length in two bytes, the text (JVM specification,
/// 4.4.7).
fn function_names(class: &[u8]) -> Vec<String> {
    let is_name =
        |bytes: &[u8]| bytes.len() > 2 && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let starts = class.windows(5).enumerate().filter(|(_, bytes)| bytes[0] == 1 && bytes[3..] == *b"__");
    let names = starts.filter_map(|(at, head)| {
        let length = usize::from(u16::from_be_bytes([head[1], head[2]]));
        class.get(at + 3..at + 3 + length).filter(|name| is_name(name))
    });
    names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_functions_are_found_among_a_classs_constants() {
        let class = b"\xca\xfe\x01\x00\x05__env\x01\x00\x04a__b\x01\x00\x07__no no\x01\x00\x02__";
        assert_eq!(function_names(class), ["__env"]);
    }
}
