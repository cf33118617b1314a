//! Decodes the bytes of a `.jmx` file to text, and lists the reasons why a file is not a plan.
//!
//! JMeter reads plans as UTF-8 regardless of the XML declaration (`_file_encoding` in its `saveservice.properties`;
//! verified: an ISO-8859-1 plan loses its accented letters). So this reader does the same, and [`crate::check`] warns.

/// The largest plan that is read, in bytes. Plans of some megabytes exist (recorded ones); larger ones are not plans.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How deep XML elements may be nested. JMeter's own reader accepts 400 nested controllers and refuses 3,000 ("Possible
/// Denial of Service attack by Stack Overflow").
pub(crate) const MAX_DEPTH: usize = 1_000;

/// Why bytes could not be read as a JMeter test plan. Each is one sentence for a person; [`PlanError::hint`] says how
/// to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The plan is no longer needed, so it was not read to its end.
    #[error("Reading the plan was cancelled.")]
    Cancelled,
    /// No byte, or only white space.
    #[error("The plan file is empty.")]
    Empty,
    /// More than 64 MiB.
    #[error("The plan is {bytes} bytes long; JAC reads plans of up to {limit} bytes.")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// UTF-16 or UTF-32, which JMeter can't read.
    #[error("The plan is encoded as {encoding}, which JMeter cannot read.")]
    Encoding {
        /// The encoding's name.
        encoding: &'static str,
    },
    /// More than one character before the XML declaration, which JMeter rejects. (Verified: it accepts a single blank,
    /// tab or line feed.)
    #[error("The plan has text before `<?xml …?>`, which JMeter refuses.")]
    LeadingWhitespace,
    /// Not an XML file.
    #[error("The file is not XML, so it is not a JMeter plan.")]
    NotXml,
    /// XML that breaks off or is not well-formed.
    #[error("The plan is not well-formed XML at line {line}: {reason}.")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// The parser's reason.
        reason: String,
    },
    /// Another version of XML, which JMeter refuses.
    #[error("The plan is XML {version}, and JMeter reads XML 1.0 only.")]
    XmlVersion {
        /// As declared.
        version: String,
    },
    /// An element without an attribute that JMeter requires on each element.
    #[error(
        "The element \"{element}\" ({tag}) at line {line} has no guiclass attribute, so JMeter refuses the whole plan."
    )]
    MissingGuiClass {
        /// Its name.
        element: String,
        /// Its XML tag.
        tag: String,
        /// Line, from 1.
        line: usize,
    },
    /// An element follows another one without the required `hashTree` between them.
    #[error("The element \"{element}\" has no `<hashTree>` after it (line {line}), so JMeter refuses the whole plan.")]
    MissingTree {
        /// The element's name.
        element: String,
        /// Line of the element found instead, from 1.
        line: usize,
    },
    /// A `hashTree` that follows no element.
    #[error("The `<hashTree>` at line {line} belongs to no element, so JMeter refuses the whole plan.")]
    StrayTree {
        /// Line, from 1.
        line: usize,
    },
    /// A property of an unknown kind.
    #[error("The element \"{element}\" has a property `<{tag}>` at line {line}, a kind that JMeter does not know.")]
    UnknownProperty {
        /// The property's XML tag.
        tag: String,
        /// The element's name.
        element: String,
        /// Line, from 1.
        line: usize,
    },
    /// A property of a numeric kind whose text is not a number.
    #[error("The property {property} of \"{element}\" at line {line} is \"{text}\", but `{tag}` holds only a number.")]
    NotANumber {
        /// The property's name.
        property: String,
        /// Its XML tag.
        tag: String,
        /// Its text.
        text: String,
        /// The element's name.
        element: String,
        /// Line, from 1.
        line: usize,
    },
    /// An entity other than XML's own five, which neither JMeter nor JAC expands.
    #[error("The plan uses the XML entity `&{name};` at line {line}, which JMeter cannot resolve.")]
    Entity {
        /// The entity's name.
        name: String,
        /// Line, from 1.
        line: usize,
    },
    /// Nested deeper than 1,000 levels.
    #[error("The plan's elements are nested deeper than {limit} levels at line {line}.")]
    TooDeep {
        /// The limit.
        limit: usize,
        /// Line, from 1.
        line: usize,
    },
    /// XML, but not a plan.
    #[error("The file is XML, but its root element is `<{root}>` and not `<jmeterTestPlan>`.")]
    NotAPlan {
        /// The root element.
        root: String,
    },
    /// A `jmeterTestPlan` without a `TestPlan` inside.
    #[error("The file is a JMeter document without a `TestPlan` element.")]
    NoTestPlan,
}

impl PlanError {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            PlanError::Cancelled => "Check the plan again.",
            PlanError::Empty => "Upload the .jmx file again; it may not have been saved or sent completely.",
            PlanError::TooLarge { .. } => "Move recorded bodies and data out of the plan into data files.",
            PlanError::Encoding { .. } => "Save the file as UTF-8 without changing anything else.",
            PlanError::LeadingWhitespace => "Delete everything before `<?xml`.",
            PlanError::NotXml | PlanError::NoTestPlan => {
                "Choose a test plan saved by JMeter (File, Save Test Plan as)."
            }
            PlanError::XmlVersion { .. } => "Write `<?xml version=\"1.0\" encoding=\"UTF-8\"?>` in the first line.",
            PlanError::MissingGuiClass { .. } => {
                "Add the guiclass attribute that JMeter writes for this kind of element."
            }
            PlanError::MissingTree { .. } => "Put `<hashTree/>` after the element.",
            PlanError::StrayTree { .. } => "Delete it, or put it after the element that it belongs to.",
            PlanError::UnknownProperty { .. } => "Use a kind that JMeter knows, such as stringProp.",
            PlanError::NotANumber { .. } => "Use a stringProp: only it can contain ${…}.",
            PlanError::Malformed { .. } => "Open the plan in JMeter and save it again; the file may be truncated.",
            PlanError::Entity { .. } => {
                "Replace the entity with its text; JMeter does not read document type declarations."
            }
            PlanError::TooDeep { .. } => "JMeter cannot load such plans; flatten its controllers.",
            PlanError::NotAPlan { root } if root == "testResults" => {
                "This is a result log in XML; choose the test plan (.jmx), or read the log with `jac report`."
            }
            PlanError::NotAPlan { .. } => "Choose a test plan saved by JMeter; its first element is <jmeterTestPlan>.",
        }
    }
}

/// A plan's text as JMeter would read it, and the faults in its bytes.
pub(crate) struct Text {
    pub(crate) text: String,
    /// Bytes that are not UTF-8 were replaced, as JMeter replaces them.
    pub(crate) lossy: bool,
}

/// Decodes as JMeter does: UTF-8, invalid bytes replaced, a byte order mark skipped.
pub(crate) fn decode(bytes: &[u8]) -> Result<Text, PlanError> {
    if bytes.len() > MAX_BYTES {
        return Err(PlanError::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(PlanError::Empty);
    }
    if let Some(encoding) = wide_encoding(bytes) {
        return Err(PlanError::Encoding { encoding });
    }
    let marked = bytes.starts_with(b"\xef\xbb\xbf");
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let lossy = matches!(text, std::borrow::Cow::Owned(_));
    let start = text.trim_start();
    if !start.starts_with('<') {
        return Err(PlanError::NotXml);
    }
    // Verified: one blank, tab or line feed before it has no effect; two characters, or a byte order mark and one
    // character, do.
    let before = text.len() - start.len() + usize::from(marked);
    if start.len() != text.len() && start.starts_with("<?xml") && before > 1 {
        return Err(PlanError::LeadingWhitespace);
    }
    Ok(Text { text: text.into_owned(), lossy })
}

fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => Some("UTF-16"),
        _ => None,
    }
}
