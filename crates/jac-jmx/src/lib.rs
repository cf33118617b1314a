//! Reads an Apache JMeter test plan (`.jmx`): what it needs, what it will do and its errors; and splits a CSV file's
//! rows across workers.
//!
//! This crate is pure. It owns the plan's text and the rules that JMeter 5.6.3 applies to it; it opens no file, has no
//! clock and starts no JMeter. A caller passes bytes ([`Plan::parse`]) and the list of existing files ([`CheckInput`])
//! and gets a [`Check`]. Surprising rules were verified with the real JMeter 5.6.3, and their comments say so.
//!
//! ```
//! use jac_jmx::{CheckInput, Plan, check};
//!
//! let plan = Plan::parse(br#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree>
//!     <TestPlan guiclass="TestPlanGui" testname="Empty"/><hashTree/></hashTree></jmeterTestPlan>"#)?;
//! let check = check(&plan, &CheckInput::new("empty.jmx"));
//! assert!(!check.ok);
//! assert_eq!(check.findings[0].code, "no_thread_group");
//! # Ok::<(), jac_jmx::PlanError>(())
//! ```

mod assembly;
mod cancel;
mod charsets;
mod check;
mod classes;
mod data_files;
mod decode;
mod evaluate;
mod expression;
mod functions;
mod load;
mod open_model;
mod outline;
mod parse;
mod path;
mod plan;
mod plugin_groups;
mod properties;
mod shape;
mod split;
mod thread_groups;
mod transactions;
mod try_run;

pub use assembly::{Assembly, Sources};
pub use cancel::Cancel;
pub use check::{
    Check, CheckInput, DataFile, FileFacts, Finding, ListenersAt, Misplaced, Severity, check, check_files_until,
    check_until,
};
pub use classes::{ClassLookup, ClassNames, ClassUse};
pub use data_files::{DataFileKind, DataFileUse};
pub use decode::{MAX_BYTES as MAX_PLAN_BYTES, PlanError};
pub use evaluate::{Properties, Scope};
pub use functions::Functions;
pub use outline::{Outline, OutlineElement, OutlineFact};
pub use path::PlanPath;
pub use plan::{Element, Plan, Property};
pub use properties::PlanProperty;
pub use shape::{LoadPoint, LoadShape, ShapeEnd, ShapeGroup, ShapeNote};
pub use split::{CsvShape, Quoting, RowCounter, SplitCounts, Splitter};
pub use thread_groups::{RawThreadGroup, ThreadGroup};
pub use try_run::{FAILURES_FILE, FAILURES_LISTENER, LONGEST_TRY_S, TryPlan};
