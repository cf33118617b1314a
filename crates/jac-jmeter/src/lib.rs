//! Everything about JMeter itself: its home and JAC's managed copies, Java, the RMI key store, properties, command
//! lines, and how to stop it.
//!
//! Owns everything that knows JMeter's option names. Does not own: when to start what (jac-engine), where a node is
//! (the adapters), the content of plans (jac-jmx) and of result logs (jac-jtl).

pub mod bundle;
pub mod classes;
pub mod command;
pub mod home;
pub mod install;
pub mod java;
pub mod jvm;
pub mod keystore;
pub mod properties;
pub mod release;

pub use bundle::{Bundle, BundleError, Packed};
pub use command::{Launch, MasterLaunch, WorkerLaunch};
pub use home::{HomeError, JMeterHome};
pub use java::{Java, JavaError, JavaSearch};
pub use keystore::RmiKeyStore;
pub use release::Release;
