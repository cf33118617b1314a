//! The address of a run's dashboard.

use super::objects::RUN_DASHBOARD;
use crate::document::iso;
use crate::settings::DashboardsSettings;
use jac_model::RunId;

/// A link to the dashboard of one run, filtered to it and to its time. Both applications accept the same state, encoded
/// as Rison.
pub(crate) fn link(dashboards: &DashboardsSettings, run: &RunId, from_ms: i64, to_ms: i64) -> String {
    let base = dashboards.url.as_str().trim_end_matches('/');
    let time =
        format!("(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:'{}',to:'{}'))", iso(from_ms), iso(to_ms));
    let query = format!("(query:(language:kuery,query:'run.id:%22{run}%22'))");
    format!("{base}/app/dashboards#/view/{RUN_DASHBOARD}?_g={time}&_a={query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::search::DashboardsKind;

    #[test]
    fn a_link_opens_the_run_and_its_time_also_behind_a_path() {
        let url = "https://kibana.test/s/load/".parse().expect("a URL");
        let dashboards = DashboardsSettings { kind: DashboardsKind::Kibana, url };
        let run = "r-23456789".parse().expect("an id");
        assert_eq!(
            link(&dashboards, &run, 1_700_000_000_000, 1_700_000_060_000),
            "https://kibana.test/s/load/app/dashboards#/view/jac-run?_g=(filters:!(),refreshInterval:(pause:!t,value:0),\
             time:(from:'2023-11-14T22:13:20.000Z',to:'2023-11-14T22:14:20.000Z'))&_a=(query:(language:kuery,query:'run.id:%22r-23456789%22'))"
        );
    }
}
