//! The routes, one file per resource.

pub mod clusters;
pub mod credentials;
pub mod images;
pub mod info;
pub mod lists;
pub mod machines;
pub mod plans;
pub mod results;
pub mod runs;
pub mod session;
