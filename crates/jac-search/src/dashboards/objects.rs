//! The saved objects as both applications import them: one JSON object per line, referenced objects first.

use super::panels::{Figure, Kind, Metric, Panel, RUN, RUNS};
use jac_model::search::DashboardsKind;
use serde_json::{Value, json};

/// The dashboard of one run, the target of links.
pub(super) const RUN_DASHBOARD: &str = "jac-run";
const RUNS_DASHBOARD: &str = "jac-runs";
const DATA_VIEW: &str = "jac-samples";
/// The version in the objects. Kibana imports those of its own and the previous major version; OpenSearch Dashboards
/// corresponds to Kibana 7.10 and compares with that.
const KIBANA_VERSION: &str = "8.8.0";
const OPENSEARCH_VERSION: &str = "7.10.0";
/// For the name of a reference to the data view in a visualization.
const SOURCE: &str = "kibanaSavedObjectMeta.searchSourceJSON.index";

/// The file to import: a data view of that index pattern, and two dashboards with their panels.
pub fn saved_objects(kind: DashboardsKind, index_pattern: &str) -> String {
    let mut lines = vec![data_view(kind, index_pattern)];
    for (id, title, about, panels) in [
        (
            RUN_DASHBOARD,
            "JAC: run",
            "One run of a JMeter plan. Filter by run.id, or open it from the run's page in JAC.",
            RUN,
        ),
        (RUNS_DASHBOARD, "JAC: runs", "All runs of the chosen time, side by side.", RUNS),
    ] {
        lines.extend(panels.iter().map(|panel| visualization(kind, panel)));
        lines.push(dashboard(kind, id, title, about, panels));
    }
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

fn object(kind: DashboardsKind, type_: &str, id: &str, attributes: Value, references: Value) -> Value {
    let mut object = json!({ "type": type_, "id": id, "attributes": attributes, "references": references });
    let (core, migration) = match kind {
        DashboardsKind::Kibana => (KIBANA_VERSION, if type_ == "index-pattern" { "8.0.0" } else { "8.5.0" }),
        DashboardsKind::OpensearchDashboards => (
            OPENSEARCH_VERSION,
            match type_ {
                "index-pattern" => "7.6.0",
                "dashboard" => "7.9.3",
                _ => "7.10.0",
            },
        ),
    };
    object["migrationVersion"] = json!({ type_: migration });
    if kind == DashboardsKind::Kibana {
        object["coreMigrationVersion"] = json!(core);
    }
    object
}

fn data_view(kind: DashboardsKind, index_pattern: &str) -> Value {
    let mut attributes = json!({ "title": index_pattern, "timeFieldName": "@timestamp" });
    if kind == DashboardsKind::Kibana {
        attributes["name"] = json!("JMeter samples (JAC)");
    }
    object(kind, "index-pattern", DATA_VIEW, attributes, json!([]))
}

fn visualization(kind: DashboardsKind, panel: &Panel) -> Value {
    let (type_, params, aggregations) = match &panel.kind {
        Kind::Numbers(metrics) => ("metric", number_params(), metric_aggregations(metrics)),
        Kind::Lines { metrics, by } => {
            let mut aggregations = metric_aggregations(metrics);
            let id = aggregations.len() + 1;
            let time = json!({ "field": "@timestamp", "interval": "auto", "useNormalizedOpenSearchInterval": true, "drop_partials": false, "min_doc_count": 1, "extended_bounds": {} });
            let time = match kind {
                DashboardsKind::OpensearchDashboards => time,
                DashboardsKind::Kibana => {
                    json!({ "field": "@timestamp", "interval": "auto", "useNormalizedEsInterval": true, "drop_partials": false, "min_doc_count": 1, "extended_bounds": {} })
                }
            };
            aggregations.push(aggregation(id, "date_histogram", "segment", time));
            if let Some(field) = by {
                aggregations.push(aggregation(id + 1, "terms", "group", terms(field, None, 20)));
            }
            ("line", line_params(metrics), aggregations)
        }
        Kind::Table { by, by_title, rows, metrics } => {
            let mut aggregations = metric_aggregations(metrics);
            let id = aggregations.len() + 1;
            aggregations.push(aggregation(id, "terms", "bucket", terms(by, Some(by_title), *rows)));
            let params = json!({ "perPage": 20, "showPartialRows": false, "showMetricsAtAllLevels": false, "showTotal": false, "totalFunc": "sum", "percentageCol": "" });
            ("table", params, aggregations)
        }
    };
    let state = json!({ "title": panel.title, "type": type_, "params": params, "aggs": aggregations });
    let source =
        json!({ "query": { "query": panel.query, "language": "kuery" }, "filter": [], "indexRefName": SOURCE });
    let attributes = json!({
        "title": format!("{} [JAC]", panel.title), "description": "", "version": 1, "uiStateJSON": "{}",
        "visState": state.to_string(), "kibanaSavedObjectMeta": { "searchSourceJSON": source.to_string() },
    });
    let references = json!([{ "name": SOURCE, "type": "index-pattern", "id": DATA_VIEW }]);
    object(kind, "visualization", panel.id, attributes, references)
}

fn dashboard(kind: DashboardsKind, id: &str, title: &str, about: &str, panels: &[Panel]) -> Value {
    let version = match kind {
        DashboardsKind::Kibana => KIBANA_VERSION,
        DashboardsKind::OpensearchDashboards => OPENSEARCH_VERSION,
    };
    let mut placed = Vec::new();
    let mut references = Vec::new();
    for (number, panel) in panels.iter().enumerate() {
        let (x, y, w, h) = panel.place;
        let (index, reference) = (number.to_string(), format!("panel_{number}"));
        let mut place = json!({
            "version": version, "gridData": { "x": x, "y": y, "w": w, "h": h, "i": index }, "panelIndex": index,
            "embeddableConfig": {}, "panelRefName": reference,
        });
        let mut name = reference;
        if kind == DashboardsKind::Kibana {
            place["type"] = json!("visualization");
            // From version 8 on the name of such a reference is prefixed with the panel's own number.
            name = format!("{number}:{name}");
        }
        placed.push(place);
        references.push(json!({ "name": name, "type": "visualization", "id": panel.id }));
    }
    let source = json!({ "query": { "query": "", "language": "kuery" }, "filter": [] });
    let attributes = json!({
        "title": title, "description": about, "hits": 0, "version": 1, "timeRestore": false,
        "optionsJSON": json!({ "useMargins": true, "hidePanelTitles": false }).to_string(),
        "panelsJSON": Value::Array(placed).to_string(),
        "kibanaSavedObjectMeta": { "searchSourceJSON": source.to_string() },
    });
    object(kind, "dashboard", id, attributes, Value::Array(references))
}

fn aggregation(id: usize, type_: &str, schema: &str, params: Value) -> Value {
    json!({ "id": id.to_string(), "enabled": true, "type": type_, "schema": schema, "params": params })
}

fn metric_aggregations(metrics: &[Metric]) -> Vec<Value> {
    let one = |(number, metric): (usize, &Metric)| {
        let (type_, mut params) = metric.of.aggregation();
        // Each percentile has its own name.
        if !matches!(metric.of, Figure::Percentiles(..)) {
            params["customLabel"] = json!(metric.title);
        }
        aggregation(number + 1, type_, "metric", params)
    };
    metrics.iter().enumerate().map(one).collect()
}

fn terms(field: &str, title: Option<&str>, size: u32) -> Value {
    let order_by = if title.is_some() { "1" } else { "_key" };
    let order = if title.is_some() { "desc" } else { "asc" };
    let mut params = json!({
        "field": field, "orderBy": order_by, "order": order, "size": size, "otherBucket": false, "otherBucketLabel": "Other",
        "missingBucket": false, "missingBucketLabel": "Missing",
    });
    if let Some(title) = title {
        params["customLabel"] = json!(title);
    }
    params
}

fn number_params() -> Value {
    json!({
        "addTooltip": true, "addLegend": false, "type": "metric",
        "metric": {
            "percentageMode": false, "useRanges": false, "colorSchema": "Green to Red", "metricColorMode": "None",
            "colorsRange": [{ "from": 0, "to": 10_000 }], "labels": { "show": true }, "invertColors": false,
            "style": { "bgFill": "#000", "bgColor": false, "labelColor": false, "subText": "", "fontSize": 28 },
        },
    })
}

fn line_params(metrics: &[Metric]) -> Value {
    let series = |(number, metric): (usize, &Metric)| {
        json!({
            "show": true, "type": "line", "mode": "normal", "data": { "label": metric.title, "id": (number + 1).to_string() },
            "valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": true, "lineWidth": 2, "interpolate": "linear", "showCircles": false,
        })
    };
    let title = metrics.first().map_or("", |metric| metric.title);
    json!({
        "type": "line", "grid": { "categoryLines": false }, "addTooltip": true, "addLegend": true, "legendPosition": "right",
        "times": [], "addTimeMarker": false, "labels": {},
        "thresholdLine": { "show": false, "value": 10, "width": 1, "style": "full", "color": "#E7664C" },
        "categoryAxes": [{
            "id": "CategoryAxis-1", "type": "category", "position": "bottom", "show": true, "style": {}, "scale": { "type": "linear" },
            "labels": { "show": true, "filter": true, "truncate": 100 }, "title": {},
        }],
        "valueAxes": [{
            "id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "left", "show": true, "style": {},
            "scale": { "type": "linear", "mode": "normal" },
            "labels": { "show": true, "rotate": 0, "filter": false, "truncate": 100 }, "title": { "text": title },
        }],
        "seriesParams": metrics.iter().enumerate().map(series).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn objects(kind: DashboardsKind) -> Vec<Value> {
        saved_objects(kind, "logs-jmeter.sample-default")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    const BOTH: [DashboardsKind; 2] = [DashboardsKind::Kibana, DashboardsKind::OpensearchDashboards];

    #[test]
    fn every_reference_is_to_an_object_before_it_and_no_id_is_there_twice() {
        for kind in BOTH {
            let mut known = BTreeSet::new();
            for object in objects(kind) {
                for reference in object["references"].as_array().expect("a list") {
                    assert!(
                        known.contains(&(reference["type"].to_string(), reference["id"].to_string())),
                        "{reference}"
                    );
                }
                assert!(known.insert((object["type"].to_string(), object["id"].to_string())), "{}", object["id"]);
            }
            assert_eq!(known.len(), 1 + RUN.len() + 1 + RUNS.len() + 1);
        }
    }

    #[test]
    fn each_panel_of_a_dashboard_has_its_reference_and_overlaps_no_other() {
        for kind in BOTH {
            for object in objects(kind).into_iter().filter(|object| object["type"] == "dashboard") {
                let panels: Vec<Value> =
                    serde_json::from_str(object["attributes"]["panelsJSON"].as_str().expect("text")).expect("JSON");
                let names: BTreeMap<&str, &Value> = object["references"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|one| (one["name"].as_str().expect("text"), one))
                    .collect();
                assert_eq!(names.len(), panels.len());
                let mut taken = BTreeSet::new();
                for panel in &panels {
                    let reference = panel["panelRefName"].as_str().expect("text");
                    let name = if kind == DashboardsKind::Kibana {
                        format!("{}:{reference}", panel["panelIndex"].as_str().expect("text"))
                    } else {
                        reference.to_owned()
                    };
                    assert!(names.contains_key(name.as_str()), "{name}");
                    let number = |key: &str| panel["gridData"][key].as_u64().expect("a number");
                    assert!(number("x") + number("w") <= 48);
                    for x in number("x")..number("x") + number("w") {
                        for y in number("y")..number("y") + number("h") {
                            assert!(taken.insert((x, y)), "{panel}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_only_one_of_them_knows_is_in_its_file_alone() {
        let text = |kind| saved_objects(kind, "x");
        let (kibana, opensearch) = (text(DashboardsKind::Kibana), text(DashboardsKind::OpensearchDashboards));
        assert!(kibana.contains("useNormalizedEsInterval") && !opensearch.contains("useNormalizedEsInterval"));
        assert!(opensearch.contains("useNormalizedOpenSearchInterval") && !kibana.contains("OpenSearch"));
        assert!(
            !opensearch.contains("coreMigrationVersion") && !opensearch.contains("\"8."),
            "OpenSearch Dashboards refuses objects of a later version"
        );
    }

    #[test]
    fn every_visualization_has_its_aggregations_in_order_and_fields_that_are_mapped() {
        let mapped = crate::template::field_names();
        for object in objects(DashboardsKind::Kibana).into_iter().filter(|object| object["type"] == "visualization") {
            let state: Value =
                serde_json::from_str(object["attributes"]["visState"].as_str().expect("text")).expect("JSON");
            for (number, aggregation) in state["aggs"].as_array().expect("a list").iter().enumerate() {
                assert_eq!(aggregation["id"], (number + 1).to_string());
                if let Some(field) = aggregation["params"]["field"].as_str() {
                    assert!(mapped.contains(field), "{field}");
                }
            }
        }
    }
}
