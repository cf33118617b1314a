//! Findings about the files that a plan reads, and about splitting them.

mod written;

use std::collections::{HashMap, HashSet};

use super::groups::NOT_DEFINED;
use super::{Context, DataFile, Findings, Misplaced, Severity};
use crate::charsets;
use crate::data_files::{DataFileKind, DataFileUse};
use crate::expression::{each_call, has_expression};
use crate::path::PlanPath;

/// How long the list of the elements that read a file may become, in bytes.
const MAX_READERS: usize = 500;

/// The existing files, indexed for lookups.
struct Index<'a> {
    by_name: HashMap<&'a str, &'a str>,
    by_lower_case: HashMap<String, &'a str>,
    /// Files that the plan itself writes.
    written: HashSet<String>,
}

impl Index<'_> {
    /// The file that is probably intended: the same name at another path, or in another case.
    fn elsewhere(&self, folder: &str, path: &str) -> Option<Misplaced> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let found = self.by_lower_case.get(&path.to_ascii_lowercase()).or_else(|| self.by_name.get(name))?;
        Some(Misplaced { from: from_root(folder, found), to: from_root(folder, path) })
    }
}

/// Converts a path relative to the plan's folder to one relative to the root.
fn from_root(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) -> Vec<DataFile> {
    // One place may name a file twice, as `${__CSVRead(f,0)},${__CSVRead(f,1)}` does.
    let mut seen: HashSet<DataFileUse> = HashSet::new();
    let mut uses = context.assembly.data_files();
    uses.retain(|used| seen.insert(used.clone()));
    let paths = || context.input.files.keys().map(String::as_str);
    let index = Index {
        by_name: paths().rev().map(|path| (path.rsplit('/').next().unwrap_or(path), path)).collect(),
        by_lower_case: paths().map(|path| (path.to_ascii_lowercase(), path)).collect(),
        written: written::files(context),
    };
    let splits: Vec<PlanPath> =
        context.input.splits.iter().map(|path| PlanPath::within(context.input.folder, path)).collect();

    let mut files: Vec<DataFile> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut readers: HashSet<(usize, &str)> = HashSet::new();
    for used in context.assembly.cancel.each(&uses) {
        one(context, used, &index, findings);
        let path = used.path.as_ref().map_or(used.written.as_str(), PlanPath::as_str);
        if path.is_empty() {
            continue;
        }
        let place = *places.entry(path.to_owned()).or_insert(files.len());
        let is_new_reader = readers.insert((place, &used.element));
        if let Some(file) = files.get_mut(place) {
            if is_new_reader && file.element.len() < MAX_READERS {
                file.element = format!("{}, {}", file.element, used.element);
            }
            continue;
        }
        let facts = context.input.files.get(path);
        let belongs_here = facts.is_none() && matches!(used.path, Some(PlanPath::Beside(_)));
        files.push(DataFile {
            elsewhere: index.elsewhere(context.input.folder, path).filter(|_| belongs_here),
            path: path.to_owned(),
            found: facts.is_some()
                || matches!(used.path, Some(PlanPath::System(_)))
                || (used.kind == DataFileKind::ClassPath && is_folder(context, path)),
            element: used.element.clone(),
            bytes: facts.map(|facts| facts.bytes),
            split: used.path.as_ref().is_some_and(|path| splits.contains(path)),
            written_by_plan: facts.is_none() && index.written.contains(path),
        });
    }
    for (written, path) in context.assembly.cancel.each(context.input.splits.iter().zip(&splits)) {
        split(context, written, path, &uses, findings);
    }
    copied(context, &uses, &splits, findings);
    files
}

/// Whether the path is a folder with files.
fn is_folder(context: &Context<'_>, path: &str) -> bool {
    let below = format!("{path}/");
    context.input.files.range(below.clone()..).next().is_some_and(|(file, _)| file.starts_with(&below))
}

fn one(context: &Context<'_>, used: &DataFileUse, index: &Index<'_>, findings: &mut Findings) {
    let element = &used.element;
    let written = &used.written;
    let Some(path) = &used.path else {
        let message = format!("\"{element}\" reads {written}, a name known only at run time.");
        let hint = "Make sure that every file it can name is among the plan's files.";
        findings.add(Severity::Warning, "file_unresolved", Some(element), message, hint).with("written", written);
        return;
    };
    if path.as_str().is_empty() {
        if used.kind == DataFileKind::Csv {
            // Verified: the thread ends before its first sample.
            let from = match written.as_str() {
                "" => String::new(),
                written => format!(" ({written} is empty)"),
            };
            let message = format!("\"{element}\" has no file name{from}: JMeter stops every thread that reaches it.");
            let hint = "Enter the file name, set the property that it is read from, or disable the element.";
            findings.add(Severity::Error, "file_not_named", Some(element), message, hint).with("written", written);
        }
        return;
    }
    let files = &context.input.files;
    match used.kind {
        DataFileKind::ClassPath => return class_path(context, used, path, findings),
        // Verified: JMeter continues with an empty key store.
        DataFileKind::KeyStore if !matches!(path, PlanPath::Beside(path) if files.contains_key(path)) => {
            let message =
                format!("\"{element}\" uses the keystore {}, which is not among the plan's files.", path.as_str());
            let hint = "Add it to the plan's files: without it JMeter has no client certificate.";
            findings
                .add(Severity::Warning, "keystore_missing", Some(element), message, hint)
                .with("path", path.as_str());
            return;
        }
        DataFileKind::Numbered => {
            let message = format!("\"{element}\" reads numbered files whose names follow the pattern {written}.");
            let hint = "Make sure that every file it can name is among the plan's files.";
            findings.add(Severity::Warning, "file_numbered", Some(element), message, hint).with("written", written);
            return;
        }
        _ => {}
    }
    if !used.encoding.trim().is_empty() && !charsets::is_known(&used.encoding) {
        // Verified: the rows are read as if the file had ended.
        let message = format!(
            "\"{element}\" reads {} as \"{}\", an encoding that Java does not know.",
            path.as_str(),
            used.encoding
        );
        let hint = "Set an encoding that Java knows, such as UTF-8 or ISO-8859-1, or none.";
        findings
            .add(Severity::Error, "encoding_unknown", Some(element), message, hint)
            .with("path", path.as_str())
            .with("encoding", &used.encoding);
    }
    let (because, property) = origin(context, used);
    let name = path.file_name();
    let uploaded = index.by_name.get(name);
    let instead = match uploaded {
        Some(file) => format!("Change the path in the plan to {file}, which exists."),
        None => format!("Add the file to the plan's files and change the path in the plan to {name}."),
    };
    let (code, what, hint) = match path {
        PlanPath::System(_) => return,
        PlanPath::Absolute(path) => {
            ("file_absolute", format!("reads {path}, an absolute path that is not on the nodes."), instead)
        }
        PlanPath::Windows(path) => {
            ("file_windows", format!("reads {path}, a Windows path; the nodes run Linux."), instead)
        }
        PlanPath::Home(path) => ("file_home", format!("reads {path}, and JMeter does not expand \"~\"."), instead),
        PlanPath::Outside(path) => (
            "file_outside",
            format!("reads {path}, which lies outside the plan's folder and is not on the nodes."),
            format!("{instead} Or give a folder above both as the root (--root DIR)."),
        ),
        PlanPath::Beside(path) => match files.get(path) {
            None if index.written.contains(path) => {
                let message = format!(
                    "\"{element}\" reads {path}, which is not among the plan's files; the plan seems to write it itself."
                );
                let hint = "Make sure that it is written on every node before it is read.";
                findings
                    .add(Severity::Warning, "file_written_by_plan", Some(element), message, hint)
                    .with("path", path);
                return;
            }
            None => {
                let other_case = index.by_lower_case.get(&path.to_ascii_lowercase());
                let hint = match (other_case, uploaded) {
                    _ if has_expression(path) => NOT_DEFINED.to_owned(),
                    (Some(file), _) => {
                        format!("Found {file}: file names are case-sensitive on the nodes.")
                    }
                    (None, Some(file)) => {
                        format!("Found {file}: move it to the path in the plan, or change the path in the plan.")
                    }
                    (None, None) if path.starts_with("..") => {
                        format!("Add {path} to the plan's files, below the root.")
                    }
                    (None, None) => format!("Add {path} to the plan's files."),
                };
                ("file_missing", format!("reads {path}, which is not among the plan's files."), hint)
            }
            Some(facts) if used.csv.is_some() && (facts.bytes == 0 || facts.rows == Some(0)) => {
                // Verified: an empty file stops every thread if a header is expected, otherwise variables are "<EOF>".
                let hint = "Add rows to the file, below its header line if it has one.".to_owned();
                ("file_without_rows", format!("reads {path}, which contains no data rows."), hint)
            }
            Some(_) => return,
        },
    };
    let finding = findings
        .add(Severity::Error, code, Some(element), format!("\"{element}\" {what}{because}"), &hint)
        .with("path", path.as_str())
        .with("written", written);
    if let Some(property) = property {
        finding.with("property", property);
    }
}

/// The origin of an evaluated name that differs from its notation: a sentence, and the property that has no value.
fn origin(context: &Context<'_>, used: &DataFileUse) -> (String, Option<String>) {
    if !has_expression(&used.written) {
        return (String::new(), None);
    }
    if used.kind == DataFileKind::Include {
        return (
            " JMeter does not evaluate the path of an Include Controller and looks for exactly this name.".to_owned(),
            None,
        );
    }
    let mut property = None;
    each_call(&used.written, context.assembly.cancel, &mut |function, arguments| {
        let default = match function {
            "__P" => 1,
            "__property" => 2,
            _ => return,
        };
        if let Some(name) = arguments.first().and_then(|name| context.scope().evaluate(name))
            && !context.input.properties.contains_key(&name)
            && arguments.get(default).is_none()
        {
            property.get_or_insert(name);
        }
    });
    let because = match &property {
        Some(property) => format!(
            " The name is {}, and the property {property} has no value: set it with -J {property}=….",
            used.written
        ),
        None => format!(" In the plan: {}.", used.written),
    };
    (because, property)
}

/// JMeter adds the entries of the test plan's class path on the master and on every worker (verified).
fn class_path(context: &Context<'_>, used: &DataFileUse, path: &PlanPath, findings: &mut Findings) {
    let element = &used.element;
    let shown = path.as_str();
    let is_there = match path {
        PlanPath::Beside(path) => context.input.files.contains_key(path) || is_folder(context, path),
        PlanPath::System(_) => true,
        _ => false,
    };
    if is_there {
        let message = format!("The test plan adds {shown} to the class path, on the master and on every worker.");
        findings.add(Severity::Info, "class_path", Some(element), message, "").with("path", shown);
    } else {
        let message = format!("The test plan adds {shown} to the class path, which is not among the plan's files.");
        let hint = "Add the jar, or the files of the folder, to the plan's files.";
        findings.add(Severity::Warning, "class_path_missing", Some(element), message, hint).with("path", shown);
    }
}

fn split(context: &Context<'_>, written: &str, path: &PlanPath, uses: &[DataFileUse], findings: &mut Findings) {
    let workers = context.input.workers;
    let readers: Vec<_> = uses.iter().filter(|used| used.path.as_ref() == Some(path)).collect();
    let is_plan = |path: &str| path.to_ascii_lowercase().ends_with(".jmx");
    let is_included = readers.iter().any(|used| used.kind == DataFileKind::Include);
    let own_name = context.input.plan.rsplit('/').next().unwrap_or(context.input.plan);
    if is_plan(path.as_str()) || is_included || path.as_str() == own_name {
        let message = format!("{written} is a JMeter plan, which cannot be split.");
        findings.add(Severity::Error, "split_plan", None, message, "Split only CSV files.").with("path", path.as_str());
        return;
    }
    let Some(facts) = context.input.files.get(path.as_str()) else {
        let message = format!("{written} should be split, but it is not among the plan's files.");
        findings.add(Severity::Error, "split_missing", None, message, "Add the file, or give its name as in the plan.");
        return;
    };
    if workers < 2 {
        let message = format!("{written} should be split, but only one node runs the plan: it gets the whole file.");
        findings.add(Severity::Info, "split_single", None, message, "Use two or more workers to split it.");
    }
    let parts = u64::from(workers.max(1));
    if let Some(rows) = facts.rows.filter(|rows| *rows > 0 && *rows < parts) {
        let message = format!("{written} has {rows} data rows for {parts} workers: some would get none.");
        findings.add(
            Severity::Error,
            "split_too_few_rows",
            None,
            message,
            "Add rows, use fewer workers, or copy the file instead of splitting it.",
        );
    }
    let Some(csv) = readers.iter().find(|used| used.csv.is_some()) else {
        let message =
            format!("No CSV Data Set of the plan reads {written}, so it is split line by line without a header.");
        findings.add(Severity::Warning, "split_unused", None, message, "Check the name, or do not split it.");
        return;
    };
    if csv.encoding.to_ascii_uppercase().starts_with("UTF-16")
        || csv.encoding.to_ascii_uppercase().starts_with("UTF-32")
    {
        let message = format!("{written} is read as {}, which JAC cannot split into rows.", csv.encoding);
        findings.add(
            Severity::Error,
            "split_encoding",
            Some(&csv.element),
            message,
            "Save it as UTF-8 and set that encoding in the CSV Data Set.",
        );
    }
    if readers.iter().any(|used| used.csv.is_some_and(|shape| Some(shape) != csv.csv)) {
        let message = format!(
            "Several CSV Data Sets read {written} in different ways; it is split as \"{}\" reads it.",
            csv.element
        );
        findings.add(
            Severity::Warning,
            "split_ambiguous",
            Some(&csv.element),
            message,
            "Give them the same header and quoting settings.",
        );
    }
}

fn copied(context: &Context<'_>, uses: &[DataFileUse], splits: &[PlanPath], findings: &mut Findings) {
    if context.input.workers < 2 {
        return;
    }
    let mut reported: HashSet<&str> = HashSet::new();
    for used in context.assembly.cancel.each(uses).filter(|used| used.kind == DataFileKind::Csv) {
        if let Some(path @ PlanPath::Beside(name)) = &used.path
            && context.input.files.contains_key(name)
            && !splits.contains(path)
            && reported.insert(name)
        {
            let message = format!("Every worker gets all of {name}, so the same rows are used on each.");
            findings
                .add(
                    Severity::Info,
                    "file_copied",
                    Some(&used.element),
                    message,
                    "Split the file to use each row on one worker only.",
                )
                .with("path", name);
        }
    }
}
