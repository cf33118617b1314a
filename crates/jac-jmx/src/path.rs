//! [`PlanPath`]: the meaning of a file name in a plan on a Linux node whose working folder is the plan's folder.

/// A file name in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PlanPath {
    /// Within the root that the plan's files stay in: relative to the plan's folder and normalised, with `/` and
    /// without `.`; `..` only at its beginning, and only if the root is above the plan's folder.
    Beside(String),
    /// A file of the operating system that every node has, such as `/dev/null`.
    System(String),
    /// An absolute path.
    Absolute(String),
    /// A path of Windows: a drive, a share or back slashes.
    Windows(String),
    /// Starts with `~`, which JMeter does not expand (verified with a CSV Data Set).
    Home(String),
    /// Outside of the root, because of `..`; also normalised.
    Outside(String),
}

/// Folders that every Linux system provides.
const SYSTEM_FOLDERS: [&str; 4] = ["/dev/", "/proc/", "/sys/", "/etc/"];

impl PlanPath {
    /// Reads a file name if the root is the plan's folder.
    pub fn new(text: &str) -> PlanPath {
        PlanPath::within("", text)
    }

    /// Reads a file name relative to the plan's `folder`, which is relative to the root. White space around the name is
    /// part of it: JMeter trims only the names of CSV Data Sets and Include Controllers (verified).
    pub fn within(folder: &str, text: &str) -> PlanPath {
        let owned = || text.to_owned();
        let bytes = text.as_bytes();
        if text.contains('\\') || matches!(bytes, [drive, b':', ..] if drive.is_ascii_alphabetic()) {
            return PlanPath::Windows(owned());
        }
        if text.starts_with('~') {
            return PlanPath::Home(owned());
        }
        if text.starts_with('/') {
            let escapes = text.contains("/../");
            let system = !escapes && SYSTEM_FOLDERS.iter().any(|folder| text.starts_with(folder));
            return if system { PlanPath::System(owned()) } else { PlanPath::Absolute(owned()) };
        }
        let folder: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let mut parts = folder.clone();
        let mut above_root = 0;
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    if parts.pop().is_none() {
                        above_root += 1;
                    }
                }
                part => parts.push(part),
            }
        }
        let shared = if above_root > 0 { 0 } else { parts.iter().zip(&folder).take_while(|(a, b)| a == b).count() };
        let up = folder.len() - shared + above_root;
        let path = [vec![".."; up], parts[shared..].to_vec()].concat().join("/");
        if above_root > 0 { PlanPath::Outside(path) } else { PlanPath::Beside(path) }
    }

    /// The path: normalised if it is [`PlanPath::Beside`], otherwise as written.
    pub fn as_str(&self) -> &str {
        match self {
            PlanPath::Beside(path)
            | PlanPath::System(path)
            | PlanPath::Absolute(path)
            | PlanPath::Windows(path)
            | PlanPath::Home(path)
            | PlanPath::Outside(path) => path,
        }
    }

    /// The file's own name, after the last separator of either kind.
    pub fn file_name(&self) -> &str {
        let path = self.as_str();
        path.rsplit(['/', '\\']).next().unwrap_or(path)
    }
}

#[cfg(test)]
mod tests {
    use super::PlanPath::{self, *};

    #[test]
    fn file_names_are_sorted_into_kinds() {
        let cases = [
            ("users.csv", Beside("users.csv".into())),
            ("./data//a/../users.csv", Beside("data/users.csv".into())),
            (" users.csv", Beside(" users.csv".into())),
            ("../users.csv", Outside("../users.csv".into())),
            ("a/../../b", Outside("../b".into())),
            ("/home/me/users.csv", Absolute("/home/me/users.csv".into())),
            ("/dev/../home/x", Absolute("/dev/../home/x".into())),
            ("/dev/null", System("/dev/null".into())),
            ("C:\\data\\users.csv", Windows("C:\\data\\users.csv".into())),
            ("d:/users.csv", Windows("d:/users.csv".into())),
            ("\\\\server\\share\\a.csv", Windows("\\\\server\\share\\a.csv".into())),
            ("data\\users.csv", Windows("data\\users.csv".into())),
            ("~/users.csv", Home("~/users.csv".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(PlanPath::new(text), expected, "{text}");
        }
        assert_eq!(PlanPath::new("C:\\data\\users.csv").file_name(), "users.csv");
    }

    #[test]
    fn a_root_above_the_plan_is_reached_and_never_left() {
        let cases = [
            ("../data/rows.csv", Beside("../data/rows.csv".into())),
            ("../tests/./rows.csv", Beside("rows.csv".into())),
            ("rows.csv", Beside("rows.csv".into())),
            ("../../rows.csv", Outside("../../rows.csv".into())),
            ("../../tests/rows.csv", Outside("../../tests/rows.csv".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(PlanPath::within("tests", text), expected, "{text}");
        }
        assert_eq!(PlanPath::within("a/b", "../../c"), Beside("../../c".into()));
    }
}
