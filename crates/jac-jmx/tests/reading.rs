//! Bytes that are plans, and bytes that are not.

use jac_jmx::{ClassNames, Plan, PlanError};

const OPEN: &str = r#"<?xml version="1.0" encoding="UTF-8"?><jmeterTestPlan version="1.2"><hashTree>"#;

fn plan_with(inside: &str) -> String {
    format!(
        r#"{OPEN}<TestPlan guiclass="TestPlanGui" testname="P" enabled="true"/><hashTree>{inside}</hashTree></hashTree></jmeterTestPlan>"#
    )
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
    let off = r#"<ThreadGroup guiclass="" testname="T" enabled="false"/><hashTree>
        <DebugSampler guiclass="" testname="D" enabled="true"/><hashTree/></hashTree>"#;
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
    assert!(matches!(
        refused(format!("{OPEN}\n<TestPlan guiclass=''></hashTree>")),
        PlanError::Malformed { line: 2, .. }
    ));
    assert!(matches!(refused(format!("{OPEN}<TestPlan testname=x/>")), PlanError::Malformed { .. }));
}

#[test]
fn encodings_are_jmeters() {
    let utf8 = plan_with(r#"<ThreadGroup guiclass="" testname="h&#233;é"/><hashTree/>"#);
    let marked = [b"\xef\xbb\xbf", utf8.as_bytes()].concat();
    assert_eq!(Plan::parse(&marked).unwrap().elements()[1].name, "héé");
    // JMeter ignores the declaration and loses the character.
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
    let used = bomb(r#"<Arguments guiclass="" testname="A"><stringProp name="x">&b;</stringProp></Arguments>"#);
    assert!(matches!(refused(used), PlanError::Entity { name, line: 2 } if name == "b"));
    assert!(matches!(refused(bomb(r#"<Arguments guiclass="" testname="&f;"/>"#)), PlanError::Malformed { .. }));
}

#[test]
fn deep_nesting_is_refused_without_overflowing_a_stack() {
    let nested = |open: &str, close: &str, depth: usize| plan_with(&(open.repeat(depth) + &close.repeat(depth)));
    let deep = |depth| nested("<A guiclass=\"\" testname=\"a\"/><hashTree>", "</hashTree>", depth);
    assert!(Plan::parse(deep(900).as_bytes()).is_ok());
    assert!(matches!(refused(deep(100_000)), PlanError::TooDeep { limit: 1_000, .. }));
    let properties = |depth: usize| {
        let open = "<elementProp name=\"x\" elementType=\"B\">".repeat(depth);
        plan_with(&format!("<A guiclass=\"\" testname=\"a\">{open}{}</A>", "</elementProp>".repeat(depth)))
    };
    assert!(Plan::parse(properties(900).as_bytes()).is_ok());
    assert!(matches!(refused(properties(100_000)), PlanError::TooDeep { .. }));
    assert!(matches!(
        refused(nested("<a guiclass=\"\">", "", 100_000)),
        PlanError::MissingGuiClass { .. } | PlanError::TooDeep { .. } | PlanError::UnknownProperty { .. }
    ));
    let calls =
        format!(r#"<A guiclass="" testname="a"><stringProp name="x">{}</stringProp></A>"#, "${__P(".repeat(100_000));
    let plan = Plan::parse(plan_with(&calls).as_bytes()).unwrap();
    assert!(!jac_jmx::check(&plan, &jac_jmx::CheckInput::new("p.jmx")).ok);
}

/// A plan with one thread group and a sampler; `inside` is the sampler's content.
fn sampling(inside: &str) -> String {
    plan_with(&format!(
        r#"<ThreadGroup guiclass="ThreadGroupGui" testname="Users"><stringProp name="x">1</stringProp></ThreadGroup><hashTree>
        <DebugSampler guiclass="TestBeanGUI" testname="step">{inside}</DebugSampler><hashTree/></hashTree>"#
    ))
}

#[test]
fn what_jmeter_does_not_look_at_does_no_harm() {
    // Each was tested with JMeter 5.6.3, which takes a sample.
    let plain = sampling("");
    let end = "</hashTree></hashTree></jmeterTestPlan>";
    let without_end = plain.strip_suffix(end).expect("it ends so");
    let accepted = [
        format!("\n{plain}"),
        format!(" {plain}"),
        format!("\t{plain}"),
        format!("{without_end}</hashTree></hashTree>"),
        format!("{without_end}</hashTree></hashTree></jmeterTest"),
        format!("{without_end}</hashTree></hashTree></other>"),
        format!("{without_end}</hashTree></hashTree>junk &foo; < </jmeterTestPlan>"),
        format!("{without_end}</hashTree></hashTree><hashTree/></jmeterTestPlan>"),
        format!("{plain}<x/>"),
        sampling(r#"<stringProp name="x">PK&#x3;&#x0;&#xD800;</stringProp>"#),
        sampling(r#"<stringProp name="x">a<b/>c</stringProp>"#),
        sampling("text"),
        sampling(r#"<boolProp name="x">${__P(a,true)}</boolProp>"#),
        sampling(r#"<intProp name="x">+2</intProp>"#),
        sampling("<doubleProp><name>x</name><value>1.5</value><savedValue>0.0</savedValue></doubleProp>"),
        plan_with(r#"text <DebugSampler guiclass="" testname="a>b&#x0;"/>"#),
        plan_with("<?foo bar?>"),
    ];
    for text in accepted {
        if let Err(error) = Plan::parse(text.as_bytes()) {
            panic!("{error} {text}");
        }
    }
    let plan = Plan::parse(sampling(r#"<stringProp name="x">PK&#x3;&#x0;!</stringProp>"#).as_bytes()).unwrap();
    assert_eq!(plan.elements()[2].text("x"), Some("PK\u{3}\0!"));
}

#[test]
fn what_jmeter_refuses_is_refused_with_its_line() {
    // Each was tested with JMeter 5.6.3, which loads none of them.
    let plain = sampling("");
    let malformed = [
        format!("\n\n{plain}"),
        plan_with("<!-- a -- b -->"),
        plan_with(r#"<A guiclass="" testname="a<b"/>"#),
        plan_with(r#"<?xml version="1.0"?>"#),
        sampling(r#"<stringProp name="x">a ]]> b</stringProp>"#),
        sampling(r#"<stringProp name="x">a & b</stringProp>"#),
        sampling("<stringProp>a</stringProp>"),
        sampling(r#"<elementProp name="x"/>"#),
        plan_with(r#"<A guiclass="" guiclass="" testname="a"/>"#),
        sampling(r#"<stringProp name="x">&#x110000;</stringProp>"#),
    ];
    for text in malformed {
        assert!(
            matches!(
                refused(&text),
                PlanError::Malformed { .. } | PlanError::LeadingWhitespace | PlanError::Entity { .. }
            ),
            "{text}"
        );
    }
    assert_eq!(
        refused(plain.replace("version=\"1.0\"", "version=\"1.1\"")),
        PlanError::XmlVersion { version: "1.1".into() }
    );
    let sampler = r#"<DebugSampler testname="step"/>"#;
    assert!(
        matches!(refused(plan_with(sampler)), PlanError::MissingGuiClass { element, line: 1, .. } if element == "step")
    );
    let two = "<A guiclass=\"\" testname=\"a\"/>\n<A guiclass=\"\" testname=\"b\"/>";
    assert_eq!(refused(plan_with(two)), PlanError::MissingTree { element: "a".into(), line: 2 });
    assert_eq!(
        refused(plan_with("<A guiclass=\"\" testname=\"a\"/><hashTree/><hashTree/>")),
        PlanError::StrayTree { line: 1 }
    );
    assert_eq!(refused(plan_with("<hashTree/>")), PlanError::StrayTree { line: 1 });
    for tag in ["strProp", "floatProp", "a:b"] {
        let text = sampling(&format!(r#"<{tag} name="x">1</{tag}>"#));
        assert!(matches!(refused(text), PlanError::UnknownProperty { tag: found, line: 2, .. } if found == tag));
    }
    let nested = r#"<collectionProp name="x"><fooProp/></collectionProp>"#;
    assert!(matches!(refused(sampling(nested)), PlanError::UnknownProperty { .. }));
    for (tag, number) in [
        ("intProp", "${__P(x,1)}"),
        ("intProp", " 2 "),
        ("intProp", ""),
        ("intProp", "3000000000"),
        ("longProp", "1.0"),
    ] {
        let text = sampling(&format!(r#"<{tag} name="x">{number}</{tag}>"#));
        assert!(matches!(refused(text), PlanError::NotANumber { text, .. } if text == number));
    }
    let double = "<doubleProp><name>x</name><value>a</value><savedValue>0.0</savedValue></doubleProp>";
    assert!(matches!(refused(sampling(double)), PlanError::NotANumber { .. }));
}

#[test]
fn a_switch_in_a_property_counts() {
    let plan = plan_with(
        r#"<A guiclass="" testname="a"><boolProp name="TestElement.enabled">false</boolProp></A><hashTree>
        <B guiclass="" testname="b"/><hashTree/></hashTree>
        <C guiclass="" testname="c" enabled="false"><boolProp name="TestElement.enabled">true</boolProp></C><hashTree/>
        <D guiclass=""><stringProp name="TestElement.name">d</stringProp></D><hashTree/>"#,
    );
    let plan = Plan::parse(plan.as_bytes()).unwrap();
    let active: Vec<_> = plan.elements().iter().filter(|e| e.active).map(|e| e.name.as_str()).collect();
    assert_eq!(active, ["P", "c", "d"]);
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
