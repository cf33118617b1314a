//! Bytes that are plans, and bytes that are not.

use jac_jmx::{ClassNames, Plan, PlanError};

const OPEN: &str = r#"<?xml version="1.0" encoding="UTF-8"?><jmeterTestPlan version="1.2"><hashTree>"#;

fn plan_with(inside: &str) -> String {
    format!(r#"{OPEN}<TestPlan testname="P" enabled="true"/><hashTree>{inside}</hashTree></hashTree></jmeterTestPlan>"#)
}

fn refused(bytes: impl AsRef<[u8]>) -> PlanError {
    let error = Plan::parse(bytes.as_ref()).expect_err("should be refused");
    assert!(error.to_string().ends_with('.') && !error.hint().is_empty());
    error
}

#[test]
fn a_tree_of_elements_is_read_with_its_properties() {
    let plan = Plan::parse(include_bytes!("plans/escapes.jmx")).unwrap();
    let names: Vec<_> = plan.elements().iter().map(|e| (e.tag.as_str(), e.name.as_str(), e.parent)).collect();
    assert_eq!(
        names,
        [
            ("TestPlan", "Fixture", None),
            ("ThreadGroup", "A & B \u{201c}quoted\u{201d} <x>", Some(0)),
            ("JSR223Sampler", "Skript", Some(1)),
        ]
    );
    let script = plan.elements()[2].text("script").unwrap();
    assert_eq!(script, r#"if (1 < 2 && true) { vars.put("a", "${__P(in.cdata,1)}") }"#);
    assert_eq!(plan.elements()[1].nested_text("LoopController.loops"), Some("1"));
}

#[test]
fn a_disabled_parent_disables_its_children() {
    let off = r#"<ThreadGroup testname="T" enabled="false"/><hashTree>
        <DebugSampler testname="D" enabled="true"/><hashTree/></hashTree>"#;
    let plan = Plan::parse(plan_with(off).as_bytes()).unwrap();
    let sampler = &plan.elements()[2];
    assert!(sampler.enabled && !sampler.active);
}

#[test]
fn what_is_no_plan_says_what_it_is() {
    assert_eq!(refused(""), PlanError::Empty);
    assert_eq!(refused("  \r\n\t "), PlanError::Empty);
    assert_eq!(refused("timeStamp,elapsed\n1,2\n"), PlanError::NotXml);
    assert_eq!(refused(b"PK\x03\x04\x00\xff\xfe"), PlanError::NotXml);
    assert_eq!(refused("<?xml version=\"1.0\"?>\n<!-- nothing -->"), PlanError::NotXml);
    assert_eq!(refused("<html><body/></html>"), PlanError::NotAPlan { root: "html".into() });
    let log = refused("<testResults version=\"1.2\"></testResults>");
    assert!(log.hint().contains("result log"));
    assert_eq!(refused("<jmeterTestPlan><hashTree/></jmeterTestPlan>"), PlanError::NoTestPlan);
}

#[test]
fn a_plan_that_breaks_off_is_malformed_at_its_line() {
    let whole = include_str!("plans/groups.jmx");
    for length in [whole.len() / 4, whole.len() / 2, whole.len() - 20] {
        assert!(matches!(refused(&whole[..length]), PlanError::Malformed { line, .. } if line > 1));
    }
    assert!(matches!(refused(format!("{OPEN}\n<TestPlan></hashTree>")), PlanError::Malformed { line: 2, .. }));
    assert!(matches!(refused(format!("{OPEN}<TestPlan testname=x/>")), PlanError::Malformed { .. }));
}

#[test]
fn encodings_are_jmeters() {
    let utf8 = plan_with(r#"<ThreadGroup testname="h&#233;é"/><hashTree/>"#);
    let marked = [b"\xef\xbb\xbf", utf8.as_bytes()].concat();
    assert_eq!(Plan::parse(&marked).unwrap().elements()[1].name, "héé");
    // JMeter ignores the declaration and loses the letter.
    let latin1: Vec<u8> = utf8.replace("UTF-8", "ISO-8859-1").chars().map(|c| c as u32 as u8).collect();
    assert_eq!(Plan::parse(&latin1).unwrap().elements()[1].name, "hé\u{fffd}");
    let wide: Vec<u8> = utf8.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&wide), PlanError::Encoding { encoding: "UTF-16" });
    assert_eq!(refused([b"\xff\xfe".as_slice(), &wide].concat()), PlanError::Encoding { encoding: "UTF-16" });
    assert_eq!(refused(format!("\n {utf8}")), PlanError::LeadingWhitespace);
}

#[test]
fn document_types_are_skipped_and_entities_never_expanded() {
    let bomb = |inside: &str| {
        let types = r#"<!DOCTYPE jmeterTestPlan [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
            <!ENTITY f SYSTEM "file:///etc/passwd">]><jmeterTestPlan"#;
        plan_with(inside).replacen("<jmeterTestPlan", types, 1)
    };
    assert!(Plan::parse(bomb("").as_bytes()).is_ok());
    let used = bomb(r#"<Arguments testname="A"><stringProp name="x">&b;</stringProp></Arguments>"#);
    assert!(matches!(refused(used), PlanError::Entity { name, line: 2 } if name == "b"));
    assert!(matches!(refused(bomb(r#"<Arguments testname="&f;"/>"#)), PlanError::Malformed { .. }));
}

#[test]
fn deep_nesting_is_refused_without_overflowing_a_stack() {
    let nested = |open: &str, close: &str, depth: usize| plan_with(&(open.repeat(depth) + &close.repeat(depth)));
    let deep = |depth| nested("<A testname=\"a\"/><hashTree>", "</hashTree>", depth);
    assert!(Plan::parse(deep(900).as_bytes()).is_ok());
    assert!(matches!(refused(deep(100_000)), PlanError::TooDeep { limit: 1_000, .. }));
    let properties = |depth| nested("<elementProp name=\"x\">", "</elementProp>", depth);
    assert!(matches!(refused(properties(100_000)), PlanError::TooDeep { .. }));
    assert!(matches!(refused(nested("<a>", "", 100_000)), PlanError::TooDeep { .. }));
    let calls = format!(r#"<A testname="a"><stringProp name="x">{}</stringProp></A>"#, "${__P(".repeat(100_000));
    let plan = Plan::parse(plan_with(&calls).as_bytes()).unwrap();
    assert!(!jac_jmx::check(&plan, &jac_jmx::CheckInput::new("p.jmx")).ok);
}

#[test]
fn jmeters_class_names_are_read() {
    let names = ClassNames::parse(
        "# comment\n_version=5.0\nThreadGroup=org.apache.jmeter.threads.ThreadGroup\n\
         HTTPSamplerProxy,HTTPSampler = org.apache.jmeter.protocol.http.sampler.HTTPSamplerProxy\n\
         SoapSampler=org.apache.jmeter.protocol.http.sampler.SoapSampler\n",
    )
    .with_upgrades(
        "org.apache.jmeter.protocol.http.sampler.SoapSampler=org.apache.jmeter.config.ConfigTestElement\n\
         org.apache.jmeter.config.ConfigTestElement/JDBCSampler.query=query\n",
    );
    assert_eq!(names.class_of("ThreadGroup"), "org.apache.jmeter.threads.ThreadGroup");
    assert_eq!(names.class_of("HTTPSampler"), "org.apache.jmeter.protocol.http.sampler.HTTPSamplerProxy");
    assert_eq!(names.class_of("SoapSampler"), "org.apache.jmeter.config.ConfigTestElement");
    assert_eq!(names.class_of("com.acme.Own"), "com.acme.Own");
    assert!(names.is_alias("HTTPSampler") && !names.is_alias("_version"));
}
