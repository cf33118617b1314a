//! The functions that JMeter 5.6.3 has, and how many parameters each takes.
//!
//! The table was made by asking every function class of 5.6.3 (`setParameters` with 0 to 25 parameters). JMeter refuses to
//! compile the whole plan where a number does not fit, and leaves a call of a function that it does not have as text.

use std::collections::BTreeSet;

/// Names of functions that jars beside JMeter's own bring, each with its `__`.
pub type Functions = BTreeSet<String>;

/// Name, least and most parameters.
const BUILT_IN: [(&str, usize, usize); 49] = [
    ("__BeanShell", 1, 2),
    ("__CSVRead", 2, 2),
    ("__FileToString", 1, 3),
    ("__P", 1, 2),
    ("__Random", 2, 3),
    ("__RandomDate", 3, 5),
    ("__RandomFromMultipleVars", 1, 2),
    ("__RandomString", 1, 3),
    ("__StringFromFile", 1, 4),
    ("__StringToFile", 2, 4),
    ("__TestPlanName", 0, 0),
    ("__UUID", 0, 0),
    ("__V", 1, 2),
    ("__XPath", 2, 2),
    ("__changeCase", 1, 3),
    ("__char", 1, usize::MAX),
    ("__counter", 1, 2),
    ("__dateTimeConvert", 3, 4),
    ("__digest", 2, 5),
    ("__escapeHtml", 1, 1),
    ("__escapeOroRegexpChars", 1, 2),
    ("__escapeXml", 1, 1),
    ("__eval", 1, 1),
    ("__evalVar", 1, 1),
    ("__groovy", 1, 2),
    ("__intSum", 2, usize::MAX),
    ("__isPropDefined", 1, 1),
    ("__isVarDefined", 1, 1),
    ("__javaScript", 1, 2),
    ("__jexl2", 1, 2),
    ("__jexl3", 1, 2),
    ("__log", 1, 4),
    ("__logn", 1, 3),
    ("__longSum", 2, usize::MAX),
    ("__machineIP", 0, 1),
    ("__machineName", 0, 1),
    ("__property", 1, 3),
    ("__regexFunction", 2, 7),
    ("__samplerName", 0, 1),
    ("__setProperty", 2, 3),
    ("__split", 2, 3),
    ("__threadGroupName", 0, 0),
    ("__threadNum", 0, 0),
    ("__time", 0, 2),
    ("__timeShift", 4, 5),
    ("__unescape", 1, 1),
    ("__unescapeHtml", 1, 1),
    ("__urldecode", 1, 1),
    ("__urlencode", 1, 1),
];

/// Least and most parameters of one of JMeter's own functions.
pub(crate) fn parameters(name: &str) -> Option<(usize, usize)> {
    let found = BUILT_IN.iter().find(|(known, ..)| *known == name)?;
    Some((found.1, found.2))
}

/// JMeter has no such function; `None`: it is not known what the jars bring.
pub(crate) fn is_missing(name: &str, others: Option<&Functions>) -> Option<bool> {
    if parameters(name).is_some() {
        return Some(false);
    }
    others.map(|others| !others.contains(name))
}

/// A script whose value is the folder of the plan: JMeter's working folder on every node.
pub(crate) fn is_base_folder(function: &str, script: &str) -> bool {
    if !matches!(function, "__BeanShell" | "__groovy" | "__javaScript" | "__jexl2" | "__jexl3") {
        return false;
    }
    let last = script.split(';').map(str::trim).rfind(|statement| !statement.is_empty()).unwrap_or_default();
    let last = last.strip_prefix("return ").unwrap_or(last);
    let bare: String = last.chars().filter(|character| !character.is_whitespace()).collect();
    let bare = bare.strip_prefix("org.apache.jmeter.services.").unwrap_or(&bare);
    let Some(rest) = bare.strip_prefix("FileServer.getFileServer().getBaseDir()") else {
        return bare == "FileServer.fileServer.baseDir";
    };
    // As `.replace('\\','/')`, for Windows.
    rest.is_empty() || rest == ".toString()" || rest.starts_with(".replace")
}
