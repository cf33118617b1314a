//! The paths of a run's objects in the store.

use jac_model::{EpochMs, RunId};

/// The folder of a run's result log there.
const SAMPLES: &str = "samples/";
/// The source that a run's log is of: today the master, which gathers all workers' samples.
const MASTER: &str = "master.jtl";
/// Followed here by nothing, or by the extension of the compression.
const RESULTS: &str = "results.jtl";

/// The prefix of all objects of a run that was requested at that time (UTC), with a trailing slash.
pub fn run_prefix(run: &RunId, created_ms: EpochMs) -> String {
    let (year, month) = month_of(created_ms);
    format!("runs/{year:04}/{month:02}/{run}/")
}

/// The object name of a file in a run's folder.
pub fn object_name(local: &str) -> String {
    if let Some(packing) = local.strip_prefix(RESULTS) {
        return format!("{SAMPLES}{MASTER}{packing}");
    }
    match local.strip_prefix("nodes/") {
        Some(rest) => format!("logs/{rest}"),
        None => local.to_owned(),
    }
}

/// The file name, in the run's folder, of an object of the run.
pub fn local_name(object: &str) -> String {
    if let Some(packing) = object.strip_prefix(SAMPLES).and_then(|name| name.strip_prefix(MASTER)) {
        return format!("{RESULTS}{packing}");
    }
    match object.strip_prefix("logs/") {
        Some(rest) => format!("nodes/{rest}"),
        None => object.to_owned(),
    }
}

/// Year and month of a time, by the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`).
fn month_of(ms: EpochMs) -> (i64, i64) {
    let days = ms.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lies_under_the_month_it_was_asked_for_in() {
        let run: RunId = "r-22222222".parse().expect("an id");
        for (ms, prefix) in [
            (0, "runs/1970/01/r-22222222/"),
            (1_709_164_800_000, "runs/2024/02/r-22222222/"), // 29 February 2024
            (1_709_251_199_999, "runs/2024/02/r-22222222/"),
            (1_709_251_200_000, "runs/2024/03/r-22222222/"),
            (1_798_761_599_999, "runs/2026/12/r-22222222/"),
            (1_798_761_600_000, "runs/2027/01/r-22222222/"),
        ] {
            assert_eq!(run_prefix(&run, ms), prefix, "{ms}");
        }
    }

    #[test]
    fn every_name_leads_back_to_its_file() {
        for (local, object) in [
            ("results.jtl", "samples/master.jtl"),
            ("results.jtl.zst", "samples/master.jtl.zst"),
            ("nodes/worker-1/jmeter.log", "logs/worker-1/jmeter.log"),
            ("summary.json", "summary.json"),
            ("report.html", "report.html"),
            ("plan/data/users.csv", "plan/data/users.csv"),
            ("run.json", "run.json"),
        ] {
            assert_eq!(object_name(local), object);
            assert_eq!(local_name(object), local);
        }
    }
}
