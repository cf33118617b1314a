//! The files that a plan reads while it runs.

use crate::evaluate::{Properties, Scope};
use crate::expression::each_call;
use crate::path::PlanPath;
use crate::plan::{Element, Plan};
use crate::split::{CsvShape, Quoting};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFileKind {
    /// Rows of variables, for a CSV Data Set: may be split among workers.
    Csv,
    /// Sent by a sampler.
    Upload,
    /// Read by a function such as `${__CSVRead(…)}`.
    Function,
    /// Another plan, of an Include Controller.
    Include,
    /// A script of a JSR223, BeanShell or BSF element.
    Script,
    /// A schema that answers are checked against, an access log…
    Other,
}

/// One place in a plan that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFileUse {
    /// The element's name.
    pub element: String,
    /// What it does with the file.
    pub kind: DataFileKind,
    /// The file name as written.
    pub written: String,
    /// Where that is; `None` if it depends on something that only the run knows.
    pub path: Option<PlanPath>,
    /// How rows are read, of CSV files.
    pub csv: Option<CsvShape>,
    /// The declared encoding of a CSV file; empty for the platform's own (UTF-8).
    pub encoding: String,
}

impl Plan {
    /// The files that active elements name, one entry for each place.
    pub fn data_files(&self, scope: &Scope<'_>) -> Vec<DataFileUse> {
        let mut found = Vec::new();
        for (_, element) in self.active_elements() {
            let mut add = |kind: DataFileKind, written: &str| {
                if !written.trim().is_empty() {
                    let csv = (kind == DataFileKind::Csv).then(|| csv_shape(element, scope));
                    let encoding = csv.and_then(|_| scope.evaluate(element.text_or_empty("fileEncoding")));
                    let path = scope.evaluate(written).map(|path| PlanPath::new(&path));
                    found.push(DataFileUse {
                        element: element.name.clone(),
                        kind,
                        written: written.trim().to_owned(),
                        path,
                        csv,
                        encoding: encoding.unwrap_or_default(),
                    });
                }
            };
            of_element(element, &mut add);
            of_functions(element, &mut add);
        }
        found
    }
}

impl Plan {
    /// Paths of the plans that Include Controllers name, relative to this plan's folder.
    pub fn included_paths(&self, properties: &Properties) -> Vec<String> {
        let files = self.data_files(&Scope::new([self], properties));
        let paths = files.into_iter().filter(|file| file.kind == DataFileKind::Include).filter_map(|file| file.path);
        paths.filter_map(|path| if let PlanPath::Beside(path) = path { Some(path) } else { None }).collect()
    }

    /// How the plan's CSV Data Set reads the file at this path (relative to the plan's folder); `None` if none does.
    pub fn csv_shape(&self, path: &str, properties: &Properties) -> Option<CsvShape> {
        let wanted = PlanPath::new(path);
        let files = self.data_files(&Scope::new([self], properties));
        files.into_iter().find(|file| file.csv.is_some() && file.path.as_ref() == Some(&wanted))?.csv
    }
}

fn of_element(element: &Element, add: &mut dyn FnMut(DataFileKind, &str)) {
    let kind = element.kind();
    let is_true = |name: &str| element.text_or_empty(name).eq_ignore_ascii_case("true");
    match kind {
        "CSVDataSet" | "RandomCSVDataSetConfig" => add(DataFileKind::Csv, element.text_or_empty("filename")),
        "IncludeController" => add(DataFileKind::Include, element.text_or_empty("IncludeController.includepath")),
        "FTPSampler" if is_true("FTPSampler.upload") => {
            add(DataFileKind::Upload, element.text_or_empty("FTPSampler.localfilename"));
        }
        "PublisherSampler" if element.text_or_empty("jms.config_choice") == "jms_use_file" => {
            add(DataFileKind::Upload, element.text_or_empty("jms.input_file"));
        }
        "SmtpSampler" => {
            for file in element.text_or_empty("SMTPSampler.attachFile").split(';') {
                add(DataFileKind::Upload, file);
            }
            if is_true("SMTPSampler.use_eml") {
                add(DataFileKind::Upload, element.text_or_empty("SMTPSampler.emlMessageToSend"));
            }
        }
        "XMLSchemaAssertion" => add(DataFileKind::Other, element.text_or_empty("xmlschema_assertion_filename")),
        "AccessLogSampler" => add(DataFileKind::Other, element.text_or_empty("logFile")),
        _ => {}
    }
    if ["JSR223", "BeanShell", "BSF"].iter().any(|prefix| kind.starts_with(prefix)) {
        let own = element.text(&format!("{kind}.filename"));
        add(DataFileKind::Script, own.or_else(|| element.text("filename")).unwrap_or_default());
    }
    for property in
        element.properties.iter().filter(|p| matches!(p.name.as_str(), "File.path" | "HTTPSampler.FILE_NAME"))
    {
        add(DataFileKind::Upload, &property.text);
    }
}

fn of_functions(element: &Element, add: &mut dyn FnMut(DataFileKind, &str)) {
    for property in &element.properties {
        each_call(&property.text, &mut |name, arguments| {
            let Some(file) = arguments.first().filter(|file| !file.starts_with('*')) else {
                return;
            };
            match name {
                // With a third argument the name is a pattern of numbered files.
                "__StringFromFile" if arguments.len() > 2 => {}
                "__CSVRead" | "__StringFromFile" | "__FileToString" | "__XPath" => add(DataFileKind::Function, file),
                _ => {}
            }
        });
    }
}

/// How a CSV Data Set reads its file. With no variable names the first line names them, else it is only skipped if the
/// element says so; line breaks in quotes count only where quoted data is allowed.
fn csv_shape(element: &Element, scope: &Scope<'_>) -> CsvShape {
    let text = |name: &str| scope.evaluate(element.text_or_empty(name)).unwrap_or_default();
    let is_true = |name: &str| text(name).trim().eq_ignore_ascii_case("true");
    let delimiter = match text("delimiter").as_str() {
        "\\t" | "\t" => b'\t',
        other => other.as_bytes().first().copied().unwrap_or(b','),
    };
    CsvShape {
        header: text("variableNames").trim().is_empty() || is_true("ignoreFirstLine"),
        quoting: if is_true("quotedData") { Quoting::Quoted { delimiter } } else { Quoting::Never },
    }
}
