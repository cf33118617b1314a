//! The JMeter properties that JAC sets, for every role, and Java's properties file format.
//!
//! Order of precedence on a node, lowest first: the home's own files, the user's `-q` files, the user's `-J`, JAC's
//! own. JAC's own are few: those that the transport of samples to the server and the encryption between the nodes
//! depend on.

use std::collections::BTreeMap;

/// Properties in a fixed order.
pub type Properties = BTreeMap<String, String>;

/// The format of the result log. JAC can read every dialect; this one loses nothing, names the worker, and is flushed
/// after each row (`autoflush`), without which the samples of a slow test would appear minutes late.
const RESULT_LOG: &[(&str, &str)] = &[
    ("jmeter.save.saveservice.output_format", "csv"),
    ("jmeter.save.saveservice.default_delimiter", ","),
    ("jmeter.save.saveservice.print_field_names", "true"),
    ("jmeter.save.saveservice.timestamp_format", "ms"),
    ("jmeter.save.saveservice.autoflush", "true"),
    ("jmeter.save.saveservice.hostname", "true"),
    ("jmeter.save.saveservice.time", "true"),
    ("jmeter.save.saveservice.latency", "true"),
    ("jmeter.save.saveservice.connect_time", "true"),
    ("jmeter.save.saveservice.idle_time", "true"),
    ("jmeter.save.saveservice.bytes", "true"),
    ("jmeter.save.saveservice.sent_bytes", "true"),
    ("jmeter.save.saveservice.label", "true"),
    ("jmeter.save.saveservice.response_code", "true"),
    ("jmeter.save.saveservice.response_message", "true"),
    ("jmeter.save.saveservice.assertion_results_failure_message", "true"),
    ("jmeter.save.saveservice.successful", "true"),
    ("jmeter.save.saveservice.thread_name", "true"),
    ("jmeter.save.saveservice.thread_counts", "true"),
    ("jmeter.save.saveservice.data_type", "true"),
    ("jmeter.save.saveservice.url", "true"),
];

/// How samples are sent from worker to master. `StrippedBatch` loses none (the asynchronous modes do, silently); a
/// batch is sent after 100 samples or at the first sample that ends 500 ms after the last batch; JMeter's default is a
/// minute. JMeter reads these on the master and sends them to the workers (`sample_sender_client_configured`).
const SAMPLE_SENDER: &[(&str, &str)] = &[
    ("mode", "StrippedBatch"),
    ("num_sample_threshold", "100"),
    ("time_threshold", "500"),
    ("sample_sender_client_configured", "true"),
];

/// Prefixes and names that only JAC may set; a user's value would break the run or allow others access to it.
const RESERVED: &[&str] = &[
    "jmeter.save.saveservice.output_format",
    "jmeter.save.saveservice.default_delimiter",
    "jmeter.save.saveservice.print_field_names",
    "jmeter.save.saveservice.timestamp_format",
    "jmeter.save.saveservice.autoflush",
    "mode",
    "sample_sender_client_configured",
    "remote_hosts",
    "server_port",
    "server.rmi.",
    "server.exitaftertest",
    "client.rmi.localport",
    "client.tries",
    "client.continue_on_fail",
    "jmeterengine.nongui.",
    "jmeterengine.remote.system.exit",
    "java.rmi.server.hostname",
    SOURCE,
    NODE,
    NODES,
];

/// JMeter prefixes its threads' names with this value; over RMI it sets it itself, to `host:port` of the worker
/// (`JMeterUtils.THREAD_GROUP_DISTRIBUTED_PREFIX_PROPERTY_NAME`).
const SOURCE: &str = "__jm.D_TG";
/// Which of the workers this one is, from 1 on, for the plan to read; without workers it is 1.
pub const NODE: &str = "jac.node";
/// How many workers there are; without workers it is 1.
const NODES: &str = "jac.nodes";

/// Jars and folders of jars with plugins, separated by semicolons. JAC adds its own folder.
pub const SEARCH_PATHS: &str = "search_paths";

/// How JAC treats a user's value of a property that it sets itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// The run depends on it: the value is refused.
    Refused,
    /// JAC's value takes precedence; JAC's log contains what the user's value would add anyway.
    Overwritten,
}

/// How JAC treats the user's value of this JMeter property; `None`: JAC does not set it, or to the same value.
pub fn own(name: &str, value: &str) -> Option<Own> {
    let set = RESULT_LOG.iter().chain(SAMPLE_SENDER).find(|(known, _)| *known == name);
    if set.is_some_and(|(_, ours)| ours.eq_ignore_ascii_case(value.trim())) {
        return None;
    }
    if is_reserved(name) {
        return Some(Own::Refused);
    }
    (set.is_some() || name == FORCE_EXIT).then_some(Own::Overwritten)
}

/// Whether JAC or its command lines set this system property.
pub fn is_own_system_property(name: &str) -> bool {
    matches!(name, "java.rmi.server.hostname" | "java.awt.headless" | "java.security.egd" | "user.dir" | "jmeter.home")
}

/// Ends a master's JVM with its test.
const FORCE_EXIT: &str = "jmeterengine.force.system.exit";

/// Whether a user may not set this property, because JAC does.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| match reserved.strip_suffix('.') {
        Some(_) => name.starts_with(reserved),
        None => name == *reserved,
    })
}

/// The encryption between master and workers: mutual TLS with one store on both ends.
fn rmi_encryption(key_store: &str, password: &str) -> Properties {
    let mut properties = Properties::new();
    properties.insert("server.rmi.ssl.disable".to_owned(), "false".to_owned());
    for side in ["keystore", "truststore"] {
        properties.insert(format!("server.rmi.ssl.{side}.type"), "PKCS12".to_owned());
        properties.insert(format!("server.rmi.ssl.{side}.file"), key_store.to_owned());
        properties.insert(format!("server.rmi.ssl.{side}.password"), password.to_owned());
    }
    properties.insert("server.rmi.ssl.keystore.alias".to_owned(), crate::keystore::ALIAS.to_owned());
    properties
}

/// The store on the nodes: JMeter sends its path with the exported object, so it is the same on every node
/// (apache/jmeter#6248). A relative path is resolved in each JMeter's own working folder.
#[derive(Debug, Clone, Copy)]
pub struct RmiStoreOnNode<'a> {
    pub path: &'a str,
    pub password: &'a str,
}

/// The properties of every JMeter of a run, whatever its role.
fn common(user: &Properties, plugins: Option<&str>) -> Properties {
    let mut properties = user.clone();
    properties.extend(owned(RESULT_LOG));
    properties.extend(owned(SAMPLE_SENDER));
    if let Some(folder) = plugins {
        let folders = match user.get(SEARCH_PATHS) {
            Some(own) => format!("{own};{folder}"),
            None => folder.to_owned(),
        };
        properties.insert(SEARCH_PATHS.to_owned(), folders);
    }
    properties
}

/// The properties of a worker.
///
/// The master looks up the engine at `registry_port`; the engine itself listens on `engine_port`. With port numbers of
/// their own, two workers fit on one machine. The worker ends with its test.
pub fn worker(
    user: &Properties,
    plugins: Option<&str>,
    store: RmiStoreOnNode<'_>,
    registry_port: u16,
    engine_port: u16,
) -> Properties {
    let mut properties = common(user, plugins);
    properties.extend(rmi_encryption(store.path, store.password));
    properties.insert("server_port".to_owned(), registry_port.to_string());
    properties.insert("server.rmi.localport".to_owned(), engine_port.to_string());
    properties.insert("server.exitaftertest".to_owned(), "true".to_owned());
    properties
}

/// The properties of a master. `store` is `None` if it runs the plan without workers.
///
/// `client.rmi.localport` stays 0 (any free port): JMeter's TLS socket factories have no equality, so that with a fixed
/// port the second listener that it exports finds the port taken, which surfaces as a misleading
/// `NotSerializableException` (seen on 5.6.3 with two workers).
pub fn master(
    user: &Properties,
    plugins: Option<&str>,
    store: Option<RmiStoreOnNode<'_>>,
    shutdown_port: u16,
) -> Properties {
    let mut properties = common(user, plugins);
    if let Some(store) = store {
        properties.extend(rmi_encryption(store.path, store.password));
        properties.insert("client.rmi.localport".to_owned(), "0".to_owned());
        properties.insert("client.tries".to_owned(), "1".to_owned());
        properties.insert("client.continue_on_fail".to_owned(), "false".to_owned());
    }
    // The same number twice: otherwise a second master on this machine would use the next port, and a stop meant for
    // one would reach the other.
    // Without this, a thread that a plan or plugin leaves behind keeps the JVM alive forever (observed with the Open
    // Model Thread Group of 5.6.3).
    properties.insert(FORCE_EXIT.to_owned(), "true".to_owned());
    properties.insert("jmeterengine.nongui.port".to_owned(), shutdown_port.to_string());
    properties.insert("jmeterengine.nongui.maxport".to_owned(), shutdown_port.to_string());
    properties
}

/// The properties of a worker that runs the plan by itself and writes its own log. `source`: the prefix of its samples'
/// thread names, `host:port`, as over RMI.
pub fn direct(user: &Properties, plugins: Option<&str>, source: &str, shutdown_port: u16) -> Properties {
    let mut properties = master(user, plugins, None, shutdown_port);
    properties.insert(SOURCE.to_owned(), source.to_owned());
    properties
}

/// The worker's number, counted from 0, and the number of workers.
pub fn number(properties: &mut Properties, worker: usize, workers: usize) {
    properties.insert(NODE.to_owned(), (worker + 1).to_string());
    properties.insert(NODES.to_owned(), workers.to_string());
}

fn owned(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

/// The text of a Java properties file, as read by `java.util.Properties.load`: ISO 8859-1, other characters as
/// `\uXXXX`.
pub fn to_file(properties: &Properties) -> String {
    let mut text = String::new();
    for (name, value) in properties {
        escape(name, Part::Name, &mut text);
        text.push('=');
        escape(value, Part::Value, &mut text);
        text.push('\n');
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Value,
}

fn escape(part_text: &str, part: Part, into: &mut String) {
    for (position, character) in part_text.chars().enumerate() {
        match character {
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            ' ' if part == Part::Name || position == 0 => into.push_str("\\ "),
            '=' | ':' | '#' | '!' if part == Part::Name || position == 0 => {
                into.push('\\');
                into.push(character);
            }
            ' '..='~' => into.push(character),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    into.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
}

/// A properties file with which JMeter cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} has a \\u without four hexadecimal digits: write a backslash as \\\\")]
pub struct MalformedEscape {
    /// The line number, counted from 1.
    pub line: usize,
}

/// Reads a Java properties file, as `java.util.Properties.load` does. Malformed escapes are kept as text.
pub fn from_file(bytes: &[u8]) -> Properties {
    read(bytes).0
}

/// The same for a file that JMeter must be able to read.
///
/// # Errors
/// When Java rejects the file.
pub fn checked_from_file(bytes: &[u8]) -> Result<Properties, MalformedEscape> {
    let (properties, malformed) = read(bytes);
    malformed.map_or(Ok(properties), |line| Err(MalformedEscape { line }))
}

/// The properties, and the first line with a malformed escape.
fn read(bytes: &[u8]) -> (Properties, Option<usize>) {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut properties = Properties::new();
    let mut malformed = None;
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let mut line = line.trim_start().to_owned();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        // An odd number of back slashes at the end continues in the next line.
        while line.chars().rev().take_while(|character| *character == '\\').count() % 2 == 1 {
            line.pop();
            line.push_str(lines.next().map(|(line, _)| line).unwrap_or_default().trim_start());
        }
        if malformed.is_none() && !has_whole_escapes(&line) {
            malformed = Some(number);
        }
        let (name, value) = split_at_separator(&line);
        properties.insert(unescape(name), unescape(value));
    }
    (properties, malformed)
}

fn has_whole_escapes(line: &str) -> bool {
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\\'
            && characters.next() == Some('u')
            && characters.by_ref().take(4).filter(char::is_ascii_hexdigit).count() < 4
        {
            return false;
        }
    }
    true
}

/// Name and value: the first `=`, `:` or white space that is not escaped parts them, with white space around it.
fn split_at_separator(line: &str) -> (&str, &str) {
    let mut escaped = false;
    for (position, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '=' | ':' | ' ' | '\t' | '\u{c}' => {
                let rest = line[position..].trim_start();
                let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
                return (&line[..position], value.trim_start());
            }
            _ => (),
        }
    }
    (line, "")
}

fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xfffd));
                    continue;
                }
                Some(other) => other,
                None => continue,
            },
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_written_as_java_reads_them() {
        let properties = Properties::from([
            ("a b:c".to_owned(), " x=y\\z".to_owned()),
            ("greeting".to_owned(), "grüß 😀\n".to_owned()),
        ]);
        assert_eq!(to_file(&properties), "a\\ b\\:c=\\ x=y\\\\z\ngreeting=gr\\u00fc\\u00df \\ud83d\\ude00\\n\n");
    }

    #[test]
    fn a_users_value_never_beats_what_the_run_depends_on() {
        let user = Properties::from([("mode".to_owned(), "Asynch".to_owned()), ("threads".to_owned(), "5".to_owned())]);
        let store = RmiStoreOnNode { path: "/k", password: "p" };
        let properties = master(&user, None, Some(store), 4445);
        assert_eq!(properties["mode"], "StrippedBatch");
        assert_eq!(properties["threads"], "5");
        assert_eq!(properties["server.rmi.ssl.disable"], "false");
    }

    #[test]
    fn a_worker_by_itself_is_known_by_its_threads_and_knows_its_number() {
        let mut properties = direct(&Properties::new(), None, "10.0.0.1:4000", 4000);
        number(&mut properties, 1, 3);
        assert_eq!(
            (properties["__jm.D_TG"].as_str(), properties["jmeterengine.nongui.port"].as_str()),
            ("10.0.0.1:4000", "4000")
        );
        assert_eq!((properties["jac.node"].as_str(), properties["jac.nodes"].as_str()), ("2", "3"));
        assert!(!properties.contains_key("server.rmi.ssl.disable"));
    }

    #[test]
    fn what_is_reserved_is_known_by_name_and_by_prefix() {
        for name in ["mode", "server.rmi.ssl.disable", "jmeterengine.nongui.port"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["model", "threads", "summariser.interval", "server.url"] {
            assert!(!is_reserved(name), "{name}");
        }
    }

    #[test]
    fn a_value_that_jac_would_overwrite_is_reported_and_the_same_value_is_not() {
        assert_eq!(own("mode", "Asynch"), Some(Own::Refused));
        assert_eq!(own("jmeter.save.saveservice.output_format", "xml"), Some(Own::Refused));
        assert_eq!(own("jmeter.save.saveservice.output_format", "csv"), None);
        assert_eq!(own("jmeter.save.saveservice.url", "false"), Some(Own::Overwritten));
        assert_eq!(own("num_sample_threshold", "1000"), Some(Own::Overwritten));
        assert_eq!(own("jmeterengine.force.system.exit", "false"), Some(Own::Overwritten));
        assert_eq!(own("summariser.interval", "5"), None);
    }

    #[test]
    fn an_escape_that_java_refuses_is_found_with_its_line() {
        let read = |text: &str| checked_from_file(text.as_bytes()).map(|properties| properties.len());
        assert_eq!(read("a=1\n# C:\\users\nlong=a\\\n b\ndir=C:\\users\\me\n"), Err(MalformedEscape { line: 5 }));
        assert_eq!(read("a=\\u00e"), Err(MalformedEscape { line: 1 }));
        assert_eq!(read("a=\\u00e4 C:\\\\users\nb=\\temp\n"), Ok(2));
    }

    #[test]
    fn what_was_written_reads_back_and_the_wild_reads_as_java_does() {
        let properties = Properties::from([
            ("a b:c".to_owned(), " x=y\\z".to_owned()),
            ("greeting".to_owned(), "gr\u{fc}\u{df} \u{1f600}\n".to_owned()),
        ]);
        assert_eq!(from_file(to_file(&properties).as_bytes()), properties);
        let wild = from_file(b"# no\n! no\n\n  threads = 5\nhost:a\npath c:\\\\x\nlong=a,\\\n   b\nempty\r\n");
        let expected = [("threads", "5"), ("host", "a"), ("path", "c:\\x"), ("long", "a,b"), ("empty", "")];
        assert_eq!(wild, expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    }
}
