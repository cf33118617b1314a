//! Any bytes are a plan, or are refused with a reason: reading and checking neither panics nor continues without end, whatever its
//! variables refer to.

#![no_main]

use jac_jmx::{CheckInput, Plan, check};
use libfuzzer_sys::fuzz_target;

const HEAD: &[u8] = br#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="TestPlanGui" testname="P"/><hashTree>"#;
const FOOT: &[u8] = b"</hashTree></hashTree></jmeterTestPlan>";

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (framed, workers, bytes) = input;
    // Half of the inputs stand inside a plan, as most bytes never come past its beginning.
    let bytes = if framed { [HEAD, bytes, FOOT].concat() } else { bytes.to_vec() };
    if let Ok(plan) = Plan::parse(&bytes) {
        let found = check(&plan, &CheckInput { workers: u32::from(workers), ..CheckInput::new("p.jmx") });
        // The findings are bounded, however large the plan is.
        assert!(found.findings.iter().all(|finding| !finding.code.is_empty()));
    }
});
