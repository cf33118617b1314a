//! Findings about the files that a plan reads, and about splitting them.

use super::{Context, DataFile, Findings, Severity};
use crate::data_files::{DataFileKind, DataFileUse};
use crate::path::PlanPath;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) -> Vec<DataFile> {
    let mut uses: Vec<DataFileUse> = context.plans.iter().flat_map(|plan| plan.data_files(&context.scope)).collect();
    // One place may name a file twice, as `${__CSVRead(f,0)},${__CSVRead(f,1)}` does.
    let mut seen: Vec<DataFileUse> = Vec::new();
    uses.retain(|used| {
        !seen.contains(used) && {
            seen.push(used.clone());
            true
        }
    });
    let splits: Vec<PlanPath> = context.input.splits.iter().map(|path| PlanPath::new(path)).collect();

    let mut files: Vec<DataFile> = Vec::new();
    for used in &uses {
        one(context, used, findings);
        let path = used.path.as_ref().map_or(used.written.as_str(), PlanPath::as_str);
        if let Some(file) = files.iter_mut().find(|file| file.path == path) {
            if !file.element.split(", ").any(|name| name == used.element) {
                file.element = format!("{}, {}", file.element, used.element);
            }
            continue;
        }
        let facts = context.input.files.get(path);
        files.push(DataFile {
            path: path.to_owned(),
            found: facts.is_some() || matches!(used.path, Some(PlanPath::System(_))),
            element: used.element.clone(),
            bytes: facts.map(|facts| facts.bytes),
            split: used.path.as_ref().is_some_and(|path| splits.contains(path)),
        });
    }
    for (written, path) in context.input.splits.iter().zip(&splits) {
        split(context, written, path, &uses, findings);
    }
    copied(context, &uses, &splits, findings);
    files
}

fn one(context: &Context<'_>, used: &DataFileUse, findings: &mut Findings) {
    let element = &used.element;
    let written = &used.written;
    let mut error = |code, message, hint: &str| findings.add(Severity::Error, code, Some(element), message, hint);
    let Some(path) = &used.path else {
        let message = format!("\"{element}\" reads {written}, a name that is known only during the run.");
        let hint = "Make sure that every file it can name is among the plan's files.";
        findings.add(Severity::Warning, "file_unresolved", Some(element), message, hint);
        return;
    };
    let files = &context.input.files;
    let name = path.file_name();
    let uploaded = files.keys().find(|file| file.rsplit('/').next() == Some(name));
    let instead = match uploaded {
        Some(file) => format!("Write {file} in the plan: that file is there."),
        None => format!("Add the file to the plan's files and write {name} in the plan."),
    };
    match path {
        PlanPath::System(_) => {}
        PlanPath::Absolute(path) => error(
            "file_absolute",
            format!("\"{element}\" reads {path}, an absolute path that is not on the nodes."),
            &instead,
        ),
        PlanPath::Windows(path) => {
            error("file_windows", format!("\"{element}\" reads {path}, a Windows path; the nodes run Linux."), &instead)
        }
        PlanPath::Home(path) => {
            error("file_home", format!("\"{element}\" reads {path}, and JMeter does not expand \"~\"."), &instead)
        }
        PlanPath::Outside(path) => error(
            "file_outside",
            format!("\"{element}\" reads {path}, which lies outside the plan's folder and is not on the nodes."),
            &instead,
        ),
        PlanPath::Beside(path) => match files.get(path) {
            None => {
                let other_case = files.keys().find(|file| file.eq_ignore_ascii_case(path));
                let hint = match (other_case, uploaded) {
                    (Some(file), _) => {
                        format!("There is {file}: capital and small letters count on the nodes.")
                    }
                    (None, Some(file)) => {
                        format!("There is {file}: put it where the plan looks, or write that path.")
                    }
                    (None, None) => format!("Add {path} to the plan's files."),
                };
                error(
                    "file_missing",
                    format!("\"{element}\" reads {path}, which is not among the plan's files."),
                    &hint,
                );
            }
            Some(facts) if used.csv.is_some() && (facts.bytes == 0 || facts.rows == Some(0)) => {
                // Tried: an empty file stops every thread where a header is wanted, else variables are "<EOF>".
                error(
                    "file_without_rows",
                    format!("\"{element}\" reads {path}, which holds no row of data."),
                    "Put rows into the file, below its header line where it has one.",
                );
            }
            Some(_) => {}
        },
    }
}

fn split(context: &Context<'_>, written: &str, path: &PlanPath, uses: &[DataFileUse], findings: &mut Findings) {
    let workers = context.input.workers;
    let readers: Vec<_> = uses.iter().filter(|used| used.path.as_ref() == Some(path)).collect();
    let Some(facts) = context.input.files.get(path.as_str()) else {
        let message = format!("{written} is to be split, but it is not among the plan's files.");
        findings.add(Severity::Error, "split_missing", None, message, "Add the file, or name it as the plan does.");
        return;
    };
    if workers < 2 {
        let message = format!("{written} is to be split, but only one node runs the plan: it gets the whole file.");
        findings.add(Severity::Info, "split_single", None, message, "Use two or more workers to split it.");
    }
    let parts = u64::from(workers.max(1));
    if let Some(rows) = facts.rows.filter(|rows| *rows > 0 && *rows < parts) {
        let message = format!("{written} has {rows} rows of data for {parts} workers, so some would get none.");
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
            "Save it as UTF-8 and say so in the CSV Data Set.",
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
    let mut told: Vec<&str> = Vec::new();
    for used in uses.iter().filter(|used| used.kind == DataFileKind::Csv) {
        if let Some(path @ PlanPath::Beside(name)) = &used.path
            && context.input.files.contains_key(name)
            && !splits.contains(path)
            && !told.contains(&name.as_str())
        {
            told.push(name);
            let message = format!("Every worker gets the whole of {name}, so the same rows are used on each.");
            findings.add(
                Severity::Info,
                "file_copied",
                Some(&used.element),
                message,
                "Split the file to use each row on one worker only.",
            );
        }
    }
}
