//! Dashboards in Kibana and OpenSearch Dashboards: saved objects to import, and links that open them for one run.
//!
//! Both files are generated from one description ([`panels`]). Kibana gets objects of its version 8, which versions 8
//! and 9 import; OpenSearch Dashboards, which corresponds to Kibana 7.10, gets the same without later features. Panels
//! are aggregation-based, which both support.

mod link;
mod objects;
mod panels;

pub(crate) use link::link;
pub use objects::saved_objects;
