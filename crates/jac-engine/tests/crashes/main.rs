//! The engine over simulated ports: it crashes at every step of a cluster's and a run's life, each step and each undo is
//! done twice, and each may fail. Afterwards no unneeded machine is left, no sample is lost, and the database rows are
//! correct.
//!
//! The database and the data folder are real; the machines, their JMeter and the time are simulated.

mod archive;
mod auto_stop;
mod clocks;
mod cloud;
mod compression;
mod direct;
mod faults;
mod history;
mod house;
mod jmeter;
mod lists;
mod losses;
mod machines;
mod many;
mod notifier;
mod panics;
mod plans;
mod queue;
mod remote;
mod retention;
mod schedules;
mod small_disk;
mod story;
mod trouble;
mod world;
