//! [`TryPlan`]: the changed plan of a try run. Each enabled thread group has one thread and one iteration, and the responses of failed samples are
//! written to a file; the other bytes are unchanged.
//!
//! If all numbers were properties, properties would suffice. But not all are, some plans use the same property for
//! something else too, and iterations are hardly ever properties, so every try run changes the file. A thread group of
//! any kind, including a plugin's, is replaced with JMeter's own, with the same name and children. Samplers, timers and
//! controllers stay enabled or disabled, so the single user does what a user of the real load does.
//! the real load does.

use crate::decode::{PlanError, decode};
use crate::expression::has_expression;
use crate::plan::{Element, Plan};

/// The file next to the plan to which JMeter writes failed samples with request and response.
pub const FAILURES_FILE: &str = "jac-failed-responses.xml";

/// The listener in the changed plan that writes it.
pub const FAILURES_LISTENER: &str = "JAC: responses of failed samples";

/// Seconds after which a try run's thread group starts no further sample; setUp and tearDown thread groups run to their end.
pub const LONGEST_TRY_S: u64 = 30;

/// The changed plan of a try run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryPlan {
    /// The changed `.jmx`, in UTF-8.
    pub bytes: Vec<u8>,
    /// Names of the thread groups that were changed, in the order of the plan.
    pub groups: Vec<String>,
}

impl TryPlan {
    /// Changes the plan in a `.jmx` file's bytes.
    ///
    /// # Errors
    /// When the bytes are not a plan that JMeter could load and run.
    pub fn of(bytes: &[u8]) -> Result<Self, PlanError> {
        let plan = Plan::parse(bytes)?;
        let text = decode(bytes)?.text;
        let mut changed = String::with_capacity(text.len() + 4_096);
        let (mut groups, mut from) = (Vec::new(), 0);
        let mut listener_at = plan.test_plan().and_then(|test| test.children_at);
        for element in plan.elements.iter().filter(|element| element.active && element.is_thread_group()) {
            if let Some(at) = listener_at.filter(|at| *at <= element.place.start) {
                changed.push_str(&text[from..at]);
                changed.push_str(&failures_listener());
                (from, listener_at) = (at, None);
            }
            changed.push_str(&text[from..element.place.start]);
            changed.push_str(&one_thread(element));
            from = element.place.end;
            groups.push(element.name.clone());
        }
        changed.push_str(&text[from..]);
        Ok(Self { bytes: changed.into_bytes(), groups })
    }
}

/// JMeter's own thread group with the same name and stage, with one thread and one iteration.
fn one_thread(element: &Element) -> String {
    let (tag, has_limit) = match element.kind() {
        stage @ ("SetupThreadGroup" | "PostThreadGroup") => (stage, false),
        _ => ("ThreadGroup", true),
    };
    let name = escaped(&element.name);
    let on_error = escaped(element.text("ThreadGroup.on_sample_error").unwrap_or("continue"));
    // The former values are kept where JMeter reads them, so that no property becomes unknown to the plan.
    let before = element.properties.iter().filter(|property| has_expression(&property.text));
    let before: String = before
        .enumerate()
        .map(|(number, property)| {
            let name = escaped(&format!("jac.before.{number}.{}", property.name));
            format!("<stringProp name=\"{name}\">{}</stringProp>\n", escaped(&property.text))
        })
        .collect();
    let limit_s = if has_limit { LONGEST_TRY_S.to_string() } else { String::new() };
    format!(
        "<{tag} guiclass=\"{tag}Gui\" testclass=\"{tag}\" testname=\"{name}\" enabled=\"true\">\n\
         <stringProp name=\"ThreadGroup.on_sample_error\">{on_error}</stringProp>\n\
         <elementProp name=\"ThreadGroup.main_controller\" elementType=\"LoopController\" guiclass=\"LoopControlPanel\" \
         testclass=\"LoopController\" testname=\"Loop Controller\" enabled=\"true\">\n\
         <boolProp name=\"LoopController.continue_forever\">false</boolProp>\n\
         <stringProp name=\"LoopController.loops\">1</stringProp>\n\
         </elementProp>\n\
         <stringProp name=\"ThreadGroup.num_threads\">1</stringProp>\n\
         <stringProp name=\"ThreadGroup.ramp_time\">0</stringProp>\n\
         <boolProp name=\"ThreadGroup.scheduler\">{has_limit}</boolProp>\n\
         <stringProp name=\"ThreadGroup.duration\">{limit_s}</stringProp>\n\
         <stringProp name=\"ThreadGroup.delay\"></stringProp>\n\
         {before}</{tag}>"
    )
}

/// JMeter's Simple Data Writer for errors only, with all data of a sample.
fn failures_listener() -> String {
    const SAVED: [&str; 24] = [
        "time",
        "latency",
        "timestamp",
        "success",
        "label",
        "code",
        "message",
        "threadName",
        "dataType",
        "encoding",
        "assertions",
        "subresults",
        "responseData",
        "samplerData",
        "xml",
        "responseHeaders",
        "requestHeaders",
        "responseDataOnError",
        "saveAssertionResultsFailureMessage",
        "bytes",
        "sentBytes",
        "url",
        "idleTime",
        "connectTime",
    ];
    let saved: String = SAVED.iter().map(|field| format!("<{field}>true</{field}>")).collect();
    format!(
        "\n<ResultCollector guiclass=\"SimpleDataWriter\" testclass=\"ResultCollector\" \
         testname=\"{FAILURES_LISTENER}\" enabled=\"true\">\n\
         <boolProp name=\"ResultCollector.error_logging\">true</boolProp>\n\
         <objProp><name>saveConfig</name><value class=\"SampleSaveConfiguration\">{saved}\
         <assertionsResultsToSave>0</assertionsResultsToSave></value></objProp>\n\
         <stringProp name=\"filename\">{FAILURES_FILE}</stringProp>\n\
         </ResultCollector>\n<hashTree/>"
    )
}

/// A text escaped for XML, also in attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // JMeter writes and reads even characters that XML forbids, as references.
            control if control < ' ' => out.push_str(&format!("&#x{:x};", u32::from(control))),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CheckInput, check};

    fn plan(groups: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jmeterTestPlan version=\"1.2\"><hashTree>\n\
             <TestPlan guiclass=\"TestPlanGui\" testclass=\"TestPlan\" testname=\"T\"/>\n<hashTree>\n{groups}</hashTree></hashTree></jmeterTestPlan>"
        )
    }

    const SAMPLER: &str = "<hashTree><DebugSampler guiclass=\"TestBeanGUI\" testclass=\"DebugSampler\" testname=\"d &amp; é\"/><hashTree/></hashTree>\n";

    fn group(tag: &str, name: &str, enabled: bool, properties: &str) -> String {
        format!(
            "<{tag} guiclass=\"g\" testclass=\"{tag}\" testname=\"{name}\" enabled=\"{enabled}\">{properties}</{tag}>{SAMPLER}"
        )
    }

    #[test]
    fn every_active_thread_group_has_one_user_and_all_else_stays() {
        let threads = "<stringProp name=\"ThreadGroup.num_threads\">${__P(threads,500)}</stringProp>\
             <stringProp name=\"ThreadGroup.on_sample_error\">stoptest</stringProp>";
        let off = group("ThreadGroup", "off", false, threads);
        let text = plan(
            &[
                group("SetupThreadGroup", "before", true, threads),
                group("ThreadGroup", "a &lt; &quot;b&quot;&#10;", true, threads),
                off.clone(),
                group(
                    "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup",
                    "c",
                    true,
                    "<stringProp name=\"TargetLevel\">900</stringProp>",
                ),
            ]
            .concat(),
        );
        let tried = TryPlan::of(text.as_bytes()).expect("a plan");
        assert_eq!(tried.groups, ["before", "a < \"b\"\n", "c"]);
        let changed = String::from_utf8(tried.bytes.clone()).expect("UTF-8");
        assert!(changed.contains(&off), "{changed}");
        assert_eq!(changed.matches(SAMPLER).count(), 4, "what stands below stays");

        let before = Plan::parse(text.as_bytes()).expect("a plan");
        let after = Plan::parse(&tried.bytes).expect("it is a plan still");
        let names = |plan: &Plan| plan.elements().iter().map(|element| element.name.clone()).collect::<Vec<_>>();
        let mut expected = names(&before);
        expected.insert(1, FAILURES_LISTENER.to_owned());
        assert_eq!(names(&after), expected);
        let checked = check(&after, &CheckInput::new("t.jmx"));
        assert_eq!((checked.threads_per_node, checked.duration_s), (Some(2), Some(30)));
        let loops: Vec<_> = checked
            .thread_groups
            .iter()
            .filter(|group| group.enabled)
            .map(|group| (group.threads, group.loops))
            .collect();
        assert_eq!(loops, [(Some(1), Some(1)); 3]);
        assert_eq!(checked.properties[0].name, "threads", "a property that the plan reads stays known");
        assert!(changed.contains("<stringProp name=\"ThreadGroup.on_sample_error\">stoptest</stringProp>"));
    }

    #[test]
    fn what_is_no_plan_stays_none() {
        assert_eq!(TryPlan::of(b"<x/>"), Err(PlanError::NotAPlan { root: "x".to_owned() }));
        let tried = TryPlan::of(plan("").as_bytes()).expect("a plan");
        assert_eq!((tried.groups.len(), tried.bytes), (0, plan("").into_bytes()), "nothing to try, nothing changed");
    }
}
