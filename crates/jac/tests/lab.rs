//! Complete clusters on the machines of the cloud lab (docs/lab.md): real machines behind a real EC2 API, with the faults of
//! machines, networks and AWS.
//!
//! `JAC_LAB_CONTROL` and the variables that `lab/up` prints identify the lab; `scripts/test lab` starts one. Without it each
//! test prints that it is skipped. `JMETER_HOME` is the JMeter to use. There is one lab, so the tests run one after the other.

#[path = "lab/adoption.rs"]
mod adoption;
#[path = "lab/api.rs"]
mod api;
#[path = "lab/direct.rs"]
mod direct;
#[path = "lab/faults.rs"]
mod faults;
#[path = "lab/images.rs"]
mod images;
#[path = "lab/launch.rs"]
mod launch;
#[path = "lab/names.rs"]
mod names;
#[path = "cluster/place.rs"]
#[allow(dead_code, reason = "the tests of local clusters use all of it")]
mod place;
#[path = "lab/site.rs"]
mod site;
#[path = "lab/soak.rs"]
mod soak;
#[path = "lab/speed.rs"]
mod speed;
#[path = "lab/story.rs"]
mod story;
