//! Dashboards in Kibana and OpenSearch Dashboards: saved objects to import, and links that open them for one run.
//!
//! Both files are made of one description ([`panels`]). Kibana gets objects of its version 8, which it imports into 8 and 9; OpenSearch
//! Dashboards, which is at the level of Kibana 7.10, gets the same without what came later. Panels are aggregation-based, which both know.

mod link;
mod objects;
mod panels;

pub(crate) use link::link;
pub use objects::saved_objects;
