//! Complete runs with the real JMeter on clusters on this machine and over SSH, and with processes that are killed.
//!
//! `JMETER_HOME` is the JMeter and `JMETER_HOME_OLDER` a 5.5; `scripts/test` sets both. Each test has its own data folder
//! and checks at the end that nothing is left: no process, no folder.

#[path = "lab/api.rs"]
mod api;
#[path = "cluster/clusters.rs"]
mod clusters;
#[path = "cluster/direct.rs"]
mod direct;
#[path = "cluster/ends.rs"]
mod ends;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "../../jac-artefacts/tests/s3/gateway.rs"]
#[allow(dead_code, reason = "jac-artefacts' own tests use all of it")]
mod gateway;
#[path = "cluster/interrupted.rs"]
mod interrupted;
#[path = "cluster/kept.rs"]
mod kept;
#[path = "cluster/machines.rs"]
mod machines;
#[path = "cluster/ordinary.rs"]
mod ordinary;
#[path = "cluster/place.rs"]
mod place;
#[path = "cluster/schedules.rs"]
mod schedules;
#[path = "cluster/server.rs"]
mod server;
#[path = "../../jac-ssh/tests/machines/sshd.rs"]
#[allow(dead_code, reason = "jac-ssh's own tests use all of it")]
mod sshd;
#[path = "cluster/store_faults.rs"]
mod store_faults;
#[path = "cluster/store_proxy.rs"]
mod store_proxy;
#[path = "cluster/stored.rs"]
mod stored;
#[path = "cluster/try_run.rs"]
mod try_run;
#[path = "cluster/written.rs"]
mod written;
