//! [`Outline`]: a plan's tree for people: each element's name, type and key settings.
//!
//! Values are shown as written, including functions and variables: evaluating them is the check's task.

use serde::{Deserialize, Serialize};

use crate::plan::{Element, Plan};

/// Maximum number of listed elements.
const MOST_ELEMENTS: usize = 5_000;
/// Maximum length of a setting or a name, in characters.
const LONGEST: usize = 300;

/// A key setting of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutlineFact {
    /// Its kind: `threads`, `ramp_up`, `loops`, `duration`, `method`, `url`, `delay_ms`, `per_minute`, `file`, `condition`…
    pub code: String,
    /// As written in the plan.
    pub value: String,
}

/// An element of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutlineElement {
    /// Its depth in the tree; the test plan has 0.
    pub level: u32,
    pub name: String,
    /// The element's type as in JMeter's GUI; for a plugin, its class.
    pub kind: String,
    /// Whether the element itself is enabled.
    pub enabled: bool,
    /// Whether it and all elements above it are enabled.
    pub active: bool,
    pub facts: Vec<OutlineFact>,
}

/// The tree of a plan, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outline {
    /// The first 5,000 at most.
    pub elements: Vec<OutlineElement>,
    /// Number of elements in the plan.
    pub count: u64,
}

impl Plan {
    /// The plan's tree.
    pub fn outline(&self) -> Outline {
        let mut levels: Vec<u32> = Vec::with_capacity(self.elements.len());
        let mut elements = Vec::new();
        for element in self.elements.iter().take(MOST_ELEMENTS) {
            let level = element.parent.map_or(0, |parent| levels[parent] + 1);
            levels.push(level);
            elements.push(OutlineElement {
                level,
                name: cut(&element.name),
                kind: kind(element).to_owned(),
                enabled: element.enabled,
                active: element.active,
                facts: facts(element),
            });
        }
        Outline { elements, count: self.elements.len() as u64 }
    }
}

/// JMeter's names of its elements, by the class in the plan.
const KINDS: [(&str, &str); 61] = [
    ("TestPlan", "Test Plan"),
    ("ThreadGroup", "Thread Group"),
    ("SetupThreadGroup", "setUp Thread Group"),
    ("PostThreadGroup", "tearDown Thread Group"),
    ("OpenModelThreadGroup", "Open Model Thread Group"),
    ("ConcurrencyThreadGroup", "bzm - Concurrency Thread Group"),
    ("ArrivalsThreadGroup", "bzm - Arrivals Thread Group"),
    ("FreeFormArrivalsThreadGroup", "bzm - Free-Form Arrivals Thread Group"),
    ("UltimateThreadGroup", "jp@gc - Ultimate Thread Group"),
    ("SteppingThreadGroup", "jp@gc - Stepping Thread Group"),
    ("HTTPSamplerProxy", "HTTP Request"),
    ("HTTPSampler", "HTTP Request"),
    ("HTTPSampler2", "HTTP Request"),
    ("DebugSampler", "Debug Sampler"),
    ("JavaSampler", "Java Request"),
    ("JDBCSampler", "JDBC Request"),
    ("JSR223Sampler", "JSR223 Sampler"),
    ("BeanShellSampler", "BeanShell Sampler"),
    ("TCPSampler", "TCP Sampler"),
    ("FTPSampler", "FTP Request"),
    ("SystemSampler", "OS Process Sampler"),
    ("TestAction", "Flow Control Action"),
    ("ConfigTestElement", "Request Defaults"),
    ("HeaderManager", "HTTP Header Manager"),
    ("CookieManager", "HTTP Cookie Manager"),
    ("CacheManager", "HTTP Cache Manager"),
    ("AuthManager", "HTTP Authorization Manager"),
    ("Arguments", "User Defined Variables"),
    ("CSVDataSet", "CSV Data Set Config"),
    ("CounterConfig", "Counter"),
    ("RandomVariableConfig", "Random Variable"),
    ("KeystoreConfig", "Keystore Configuration"),
    ("JDBCDataSource", "JDBC Connection Configuration"),
    ("ConstantTimer", "Constant Timer"),
    ("UniformRandomTimer", "Uniform Random Timer"),
    ("GaussianRandomTimer", "Gaussian Random Timer"),
    ("PoissonRandomTimer", "Poisson Random Timer"),
    ("ConstantThroughputTimer", "Constant Throughput Timer"),
    ("PreciseThroughputTimer", "Precise Throughput Timer"),
    ("SyncTimer", "Synchronizing Timer"),
    ("JSR223Timer", "JSR223 Timer"),
    ("GenericController", "Simple Controller"),
    ("LoopController", "Loop Controller"),
    ("IfController", "If Controller"),
    ("WhileController", "While Controller"),
    ("ForeachController", "ForEach Controller"),
    ("TransactionController", "Transaction Controller"),
    ("ThroughputController", "Throughput Controller"),
    ("OnceOnlyController", "Once Only Controller"),
    ("RandomController", "Random Controller"),
    ("RunTime", "Runtime Controller"),
    ("ModuleController", "Module Controller"),
    ("IncludeController", "Include Controller"),
    ("TestFragmentController", "Test Fragment"),
    ("ResponseAssertion", "Response Assertion"),
    ("DurationAssertion", "Duration Assertion"),
    ("JSONPathAssertion", "JSON Assertion"),
    ("RegexExtractor", "Regular Expression Extractor"),
    ("JSONPostProcessor", "JSON Extractor"),
    ("ResultCollector", "Listener"),
    ("BackendListener", "Backend Listener"),
];

pub(crate) fn kind(element: &Element) -> &str {
    let kind = element.kind();
    KINDS.iter().find(|(class, _)| *class == kind).map_or(kind, |(_, title)| title)
}

/// The key properties by class, each with its code in the outline.
fn facts(element: &Element) -> Vec<OutlineFact> {
    let properties: &[(&str, &str)] = match element.kind() {
        "ThreadGroup" | "SetupThreadGroup" | "PostThreadGroup" => &[
            ("threads", "ThreadGroup.num_threads"),
            ("ramp_up", "ThreadGroup.ramp_time"),
            ("loops", "LoopController.loops"),
        ],
        "OpenModelThreadGroup" => &[("schedule", "OpenModelThreadGroup.schedule")],
        "ConcurrencyThreadGroup" => return by_unit(element, "threads"),
        "ArrivalsThreadGroup" => return by_unit(element, "arrivals"),
        "SteppingThreadGroup" => &[("threads", "ThreadGroup.num_threads"), ("hold", "flighttime")],
        "HTTPSamplerProxy" | "HTTPSampler" | "HTTPSampler2" => return http(element),
        "ConfigTestElement" => return http(element),
        "JDBCSampler" => &[("query", "query")],
        "JavaSampler" => &[("class", "classname")],
        "SystemSampler" => &[("command", "SystemSampler.command")],
        "TCPSampler" => &[("server", "TCPSampler.server"), ("port", "TCPSampler.port")],
        "JSR223Sampler" | "JSR223Timer" | "JSR223PreProcessor" | "JSR223PostProcessor" | "JSR223Assertion" => {
            &[("language", "scriptLanguage"), ("file", "filename")]
        }
        "TestAction" => match action(element) {
            "Pause" => &[("pause_ms", "ActionProcessor.duration")],
            action => return fact("action", action).into_iter().collect(),
        },
        "ConstantTimer" => &[("delay_ms", "ConstantTimer.delay")],
        "UniformRandomTimer" => &[("delay_ms", "ConstantTimer.delay"), ("random_up_to_ms", "RandomTimer.range")],
        "GaussianRandomTimer" => &[("delay_ms", "ConstantTimer.delay"), ("deviation_ms", "RandomTimer.range")],
        "PoissonRandomTimer" => &[("delay_ms", "ConstantTimer.delay"), ("lambda_ms", "RandomTimer.range")],
        "ConstantThroughputTimer" => &[("per_minute", "throughput")],
        "PreciseThroughputTimer" => &[("throughput", "throughput"), ("period_s", "throughputPeriod")],
        "SyncTimer" => &[("group_size", "groupSize")],
        "LoopController" => &[("loops", "LoopController.loops")],
        "IfController" => &[("condition", "IfController.condition")],
        "WhileController" => &[("condition", "WhileController.condition")],
        "ForeachController" => &[("variable", "ForeachController.inputVal")],
        "ThroughputController" => match element.text("ThroughputController.style") {
            Some("1") => &[("percent", "ThroughputController.percentThroughput")],
            _ => &[("executions", "ThroughputController.maxThroughput")],
        },
        "RunTime" => &[("duration", "RunTime.seconds")],
        "IncludeController" => &[("file", "IncludeController.includepath")],
        "CSVDataSet" => &[("file", "filename"), ("variables", "variableNames")],
        "CounterConfig" => &[("variable", "CounterConfig.name")],
        "DurationAssertion" => &[("limit_ms", "DurationAssertion.duration")],
        "JSONPathAssertion" => &[("path", "JSON_PATH")],
        "RegexExtractor" => &[("variable", "RegexExtractor.refname"), ("pattern", "RegexExtractor.regex")],
        "JSONPostProcessor" => {
            &[("variable", "JSONPostProcessor.referenceNames"), ("path", "JSONPostProcessor.jsonPathExprs")]
        }
        "ResultCollector" => &[("file", "filename")],
        "BackendListener" => &[("class", "classname")],
        _ => &[],
    };
    let mut facts: Vec<OutlineFact> =
        properties.iter().filter_map(|(code, name)| fact(code, element.nested_text(name)?)).collect();
    if element.kind().ends_with("ThreadGroup") && element.text("ThreadGroup.scheduler") == Some("true") {
        facts.extend(fact("duration", element.text_or_empty("ThreadGroup.duration")));
        facts.extend(fact("delay", element.text_or_empty("ThreadGroup.delay")));
    }
    facts
}

/// The action of a Flow Control Action, as named in JMeter's GUI (`org.apache.jmeter.sampler.TestAction`).
fn action(element: &Element) -> &'static str {
    match element.text_or_empty("ActionProcessor.action") {
        "1" => "Pause",
        "2" => "Stop Now",
        "3" => "Start Next Thread Loop",
        "4" => "Go to next iteration of Current Loop",
        "5" => "Break Current Loop",
        _ => "Stop",
    }
}

/// The facts of a plugin's group; its times are in minutes if its unit is `M`, otherwise in seconds.
fn by_unit(element: &Element, target: &str) -> Vec<OutlineFact> {
    let times = match element.text_or_empty("Unit").trim() {
        "M" => [("ramp_up_min", "RampUp"), ("hold_min", "Hold")],
        _ => [("ramp_up", "RampUp"), ("hold", "Hold")],
    };
    let [ramp_up, hold] = times;
    let properties = [(target, "TargetLevel"), ramp_up, ("steps", "Steps"), hold];
    properties.iter().filter_map(|(code, name)| fact(code, element.nested_text(name)?)).collect()
}

fn fact(code: &str, value: &str) -> Option<OutlineFact> {
    let value = value.trim();
    (!value.is_empty()).then(|| OutlineFact { code: code.to_owned(), value: cut(value) })
}

/// Method and address of a request, as far as the element sets them; the other parts come from its defaults.
fn http(element: &Element) -> Vec<OutlineFact> {
    let of = |name: &str| element.text_or_empty(&format!("HTTPSampler.{name}")).trim();
    let (domain, port, path) = (of("domain"), of("port"), of("path"));
    // JMeter takes a whole address from the path.
    let is_whole = path.starts_with("http://") || path.starts_with("https://");
    let url = if domain.is_empty() || is_whole {
        path.to_owned()
    } else {
        let protocol = match of("protocol") {
            "" => "http",
            protocol => protocol,
        };
        let port = if port.is_empty() { String::new() } else { format!(":{port}") };
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("{protocol}://{domain}{port}{slash}{path}")
    };
    [fact("method", of("method")), fact("url", &url)].into_iter().flatten().collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_has_the_tree_and_what_matters_of_each_element() {
        let text = r#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree>
            <TestPlan guiclass="g" testname="Shop"/><hashTree>
              <ThreadGroup guiclass="g" testname="Users" enabled="false">
                <stringProp name="ThreadGroup.num_threads">${__P(threads,5)}</stringProp>
                <boolProp name="ThreadGroup.scheduler">true</boolProp>
                <stringProp name="ThreadGroup.duration">60</stringProp>
              </ThreadGroup><hashTree>
                <HTTPSamplerProxy guiclass="g" testname="home">
                  <stringProp name="HTTPSampler.domain">shop.test</stringProp>
                  <stringProp name="HTTPSampler.port">8080</stringProp>
                  <stringProp name="HTTPSampler.path">cart</stringProp>
                  <stringProp name="HTTPSampler.method">POST</stringProp>
                </HTTPSamplerProxy><hashTree/>
                <UniformRandomTimer guiclass="g" testname="think">
                  <stringProp name="ConstantTimer.delay">100</stringProp><stringProp name="RandomTimer.range">50.0</stringProp>
                </UniformRandomTimer><hashTree/>
                <com.acme.Odd guiclass="g" testname="odd"/><hashTree/>
              </hashTree>
            </hashTree></hashTree></jmeterTestPlan>"#;
        let outline = Plan::parse(text.as_bytes()).expect("a plan").outline();
        let lines: Vec<String> = outline
            .elements
            .iter()
            .map(|element| {
                let facts: Vec<String> =
                    element.facts.iter().map(|fact| format!("{}={}", fact.code, fact.value)).collect();
                format!("{} {} [{}] {} {}", element.level, element.name, element.kind, element.active, facts.join(" "))
            })
            .collect();
        assert_eq!(
            lines,
            [
                "0 Shop [Test Plan] true ",
                "1 Users [Thread Group] false threads=${__P(threads,5)} duration=60",
                "2 home [HTTP Request] false method=POST url=http://shop.test:8080/cart",
                "2 think [Uniform Random Timer] false delay_ms=100 random_up_to_ms=50.0",
                "2 odd [Odd] false ",
            ]
        );
        assert_eq!((outline.count, outline.elements[2].enabled), (5, true));
    }

    #[test]
    fn what_counts_of_an_element_depends_on_its_mode() {
        let facts = |kind: &str, properties: &[(&str, &str)]| {
            let properties: String = properties
                .iter()
                .map(|(name, text)| format!("<stringProp name=\"{name}\">{text}</stringProp>"))
                .collect();
            let text = format!(
                r#"<jmeterTestPlan><hashTree><TestPlan guiclass="g" testname="p"/><hashTree><{kind} guiclass="g" testname="e">{properties}</{kind}>
                <hashTree/></hashTree></hashTree></jmeterTestPlan>"#
            );
            let outline = Plan::parse(text.as_bytes()).expect("a plan").outline();
            let facts = outline.elements[1].facts.iter().map(|fact| format!("{}={}", fact.code, fact.value));
            facts.collect::<Vec<_>>().join(" ")
        };
        let random = [("ConstantTimer.delay", "100"), ("RandomTimer.range", "50")];
        assert_eq!(facts("GaussianRandomTimer", &random), "delay_ms=100 deviation_ms=50");
        assert_eq!(facts("PoissonRandomTimer", &random), "delay_ms=100 lambda_ms=50");
        let throughput =
            [("ThroughputController.maxThroughput", "5"), ("ThroughputController.percentThroughput", "100")];
        for (style, expected) in [("0", "executions=5"), ("1", "percent=100")] {
            let properties = [&[("ThroughputController.style", style)], &throughput[..]].concat();
            assert_eq!(facts("ThroughputController", &properties), expected);
        }
        for (action, expected) in [("0", "action=Stop"), ("1", "pause_ms=0"), ("3", "action=Start Next Thread Loop")] {
            let properties = [("ActionProcessor.action", action), ("ActionProcessor.duration", "0")];
            assert_eq!(facts("TestAction", &properties), expected);
        }
        let whole = [("HTTPSampler.domain", "shop.test"), ("HTTPSampler.path", "https://pay.test/now")];
        assert_eq!(facts("HTTPSamplerProxy", &whole), "url=https://pay.test/now");
    }

    #[test]
    fn times_of_a_plugins_group_have_their_unit() {
        for (unit, expected) in [
            (r#"<stringProp name="Unit">S</stringProp>"#, ["threads=50", "ramp_up=2", "steps=5", "hold=10"]),
            (r#"<stringProp name="Unit">M</stringProp>"#, ["threads=50", "ramp_up_min=2", "steps=5", "hold_min=10"]),
            ("", ["threads=50", "ramp_up=2", "steps=5", "hold=10"]),
        ] {
            let text = format!(
                r#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree>
                <TestPlan guiclass="g" testname="Shop"/><hashTree>
                <com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup guiclass="g" testname="Users">
                  <stringProp name="TargetLevel">50</stringProp><stringProp name="RampUp">2</stringProp>
                  <stringProp name="Steps">5</stringProp><stringProp name="Hold">10</stringProp>{unit}
                </com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup><hashTree/>
                </hashTree></hashTree></jmeterTestPlan>"#
            );
            let outline = Plan::parse(text.as_bytes()).expect("a plan").outline();
            let facts: Vec<String> =
                outline.elements[1].facts.iter().map(|fact| format!("{}={}", fact.code, fact.value)).collect();
            assert_eq!(facts, expected, "{unit}");
        }
    }
}
