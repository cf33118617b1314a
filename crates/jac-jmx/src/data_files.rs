//! The files that a plan reads while it runs.

use crate::assembly::{Assembly, include_path};
use crate::cancel::Cancel;
use crate::evaluate::Scope;
use crate::expression::each_call;
use crate::path::PlanPath;
use crate::plan::Element;
use crate::split::{CsvShape, Quoting};

/// The system property that names the key store of a Keystore Configuration.
pub(crate) const KEY_STORE: &str = "javax.net.ssl.keyStore";

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Read by a function whose file name is a pattern for numbered files.
    Numbered,
    /// The key store of a Keystore Configuration.
    KeyStore,
    /// An entry of the class path of the test plan: a jar or a folder.
    ClassPath,
    /// A schema that answers are checked against, an access log…
    Other,
}

/// One place in a plan that names a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataFileUse {
    /// The element's name.
    pub element: String,
    /// How it uses the file.
    pub kind: DataFileKind,
    /// The file name as written.
    pub written: String,
    /// The path; `None` if it depends on values that are known only during the run.
    pub path: Option<PlanPath>,
    /// How rows are read, of CSV files.
    pub csv: Option<CsvShape>,
    /// The declared encoding of a CSV file; empty for the platform's own (UTF-8).
    pub encoding: String,
}

impl Assembly<'_> {
    /// The files that elements name which run, one entry for each place.
    pub fn data_files(&self) -> Vec<DataFileUse> {
        let mut found = Vec::new();
        for element in self.running() {
            let mut add = |kind: DataFileKind, written: &str| {
                if written.trim().is_empty() && kind != DataFileKind::Csv {
                    return;
                }
                // JMeter trims the file name of a CSV Data Set, but no others (verified).
                let trimmed = |name: String| if kind == DataFileKind::Csv { name.trim().to_owned() } else { name };
                let csv = (kind == DataFileKind::Csv).then(|| csv_shape(element, &self.scope));
                let encoding = csv.and_then(|_| self.scope.evaluate(element.text_or_empty("fileEncoding")));
                let path = if kind == DataFileKind::Include {
                    include_path(element, self.properties, self.folder)
                } else {
                    self.scope.evaluate(written).map(|path| PlanPath::within(self.folder, &trimmed(path)))
                };
                found.push(DataFileUse {
                    element: element.name.clone(),
                    kind,
                    written: trimmed(written.to_owned()),
                    path,
                    csv,
                    encoding: encoding.unwrap_or_default(),
                });
            };
            of_element(element, &self.scope, &mut add);
            of_functions(element, self.cancel, &mut add);
            // A relative path is resolved in JMeter's working folder.
            let key_store =
                self.system_properties.get(KEY_STORE).filter(|path| !path.starts_with('/') && *path != "NONE");
            if let (Some(path), "KeystoreConfig") = (key_store, element.kind()) {
                add(DataFileKind::KeyStore, path);
            }
        }
        found
    }

    /// How a CSV Data Set reads the file at this path (relative to the plan's folder); `None` if none does.
    pub fn csv_shape(&self, path: &str) -> Option<CsvShape> {
        let requested = PlanPath::within(self.folder, path);
        let files = self.data_files();
        files.into_iter().find(|file| file.csv.is_some() && file.path.as_ref() == Some(&requested))?.csv
    }
}

fn of_element(element: &Element, scope: &Scope<'_>, add: &mut dyn FnMut(DataFileKind, &str)) {
    let kind = element.kind();
    let is_true = |name: &str| scope.is_true(element, name);
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
        "TestPlan" => {
            for entry in element.text_or_empty("TestPlan.user_define_classpath").split(',') {
                add(DataFileKind::ClassPath, entry);
            }
        }
        "SystemSampler" => add(DataFileKind::Other, element.text_or_empty("SystemSampler.stdin")),
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

fn of_functions(element: &Element, cancel: Cancel<'_>, add: &mut dyn FnMut(DataFileKind, &str)) {
    // The name of an element is evaluated like its other texts.
    for text in cancel.each(element.texts()) {
        each_call(text, cancel, &mut |name, arguments| {
            let Some(file) = arguments.first().filter(|file| !file.starts_with('*')) else {
                return;
            };
            let is_given =
                |index: usize| arguments.get(index).is_some_and(|argument: &String| !argument.trim().is_empty());
            match name {
                // With a start or end number the name is a pattern of numbered files.
                "__StringFromFile" if is_given(2) || is_given(3) => add(DataFileKind::Numbered, file),
                "__CSVRead" | "__StringFromFile" | "__FileToString" | "__XPath" => add(DataFileKind::Function, file),
                _ => {}
            }
        });
    }
}

/// How a CSV Data Set reads its file. Without variable names the first line names them; otherwise it is skipped only if
/// the element says so. Line breaks in quotes count only if quoted data is allowed.
fn csv_shape(element: &Element, scope: &Scope<'_>) -> CsvShape {
    let text = |name: &str| scope.evaluate(element.text_or_empty(name)).unwrap_or_default();
    let is_true = |name: &str| scope.is_true(element, name);
    let delimiter = match text("delimiter").as_str() {
        "\\t" | "\t" => b'\t',
        other => other.as_bytes().first().copied().unwrap_or(b','),
    };
    CsvShape {
        header: text("variableNames").trim().is_empty() || is_true("ignoreFirstLine"),
        quoting: if is_true("quotedData") { Quoting::Quoted { delimiter } } else { Quoting::Never },
    }
}
