//! The routes, one file per resource.

pub mod clusters;
pub mod info;
pub mod plans;
pub mod results;
pub mod runs;
pub mod session;
