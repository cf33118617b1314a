//! The tools as an assistant sees them: their purpose, the meaning of their figures, and their parameters.

use jac_model::ClusterConfig;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use std::sync::Arc;

/// The tools, in the order in which they are offered; those that change something only if permitted.
pub fn all(allow_run: bool) -> Vec<Tool> {
    let mut tools = vec![
        reading(
            "list",
            "Runs, plans or clusters, the newest first. A run's phase is where it is (queued, preparing, running, collecting, finished), its \
             cause why it ended (completed, stopped, auto_stopped, failed, imported), its verdict whether its criteria were met (passed, failed, none): three \
             different things. p95_ms is the 95th percentile of the response time in ms, rate_per_s samples per second over the whole run, \
             error_percent failed samples in percent. Start here to find ids.",
            json!({
                "what": { "type": "string", "enum": ["runs", "plans", "clusters"], "default": "runs" },
                "plan": { "type": "string", "description": "Only runs of this plan, by its id or name." },
                "tag": { "type": "string", "description": "Only runs with this tag." },
                "limit": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }
            }),
            &[],
        ),
        reading(
            "check",
            "What a plan needs and will do, and what is wrong with it, before it is run: findings with severity error or warning, threads per \
             worker and in total (each worker runs the whole plan), duration in seconds, data files, properties with their defaults.",
            json!({
                "plan": { "type": "string", "description": "The plan's id or name." },
                "workers": { "type": "integer", "minimum": 0, "maximum": ClusterConfig::MAX_WORKERS, "default": 0, "description": "Workers of the cluster; 0: the master alone." }
            }),
            &["plan"],
        ),
        reading(
            "status",
            "How a run is now: phase and step, cause, verdict and criteria, nodes with the load of their processors in percent, and the figures so \
             far. While it runs, the figures are of the samples that have arrived; rates are over the last seconds.",
            json!({ "run": { "type": "string", "description": "The run's id, such as r-22222222." } }),
            &["run"],
        ),
        reading(
            "summary",
            "The table of a run, in total and by label: samples, errors, error_percent, mean, median, p90, p95, p99, min, max and standard deviation \
             of the response time in ms (from sending the request to the last byte, failed samples included), throughput_per_s, KB per second. \
             Percentiles are exact over all samples, not averages of intervals. The total is over requests; labels of kind transaction sum up \
             requests and are not in it. Labels with the most samples come first.",
            json!({
                "run": { "type": "string", "description": "The run's id." },
                "label": { "type": "string", "description": "Only labels that contain this text." },
                "limit": { "type": "integer", "minimum": 1, "maximum": 200, "default": 30, "description": "How many labels." }
            }),
            &["run"],
        ),
        reading(
            "errors",
            "Why samples of a finished run failed, the most frequent first: groups by label, response code and message with how many samples each \
             has and when the first and the last began (epoch ms); and samples by response code. A sample is an error if JMeter marks it so: its \
             response code, or a failed assertion (then the message is the assertion's).",
            json!({
                "run": { "type": "string", "description": "The run's id." },
                "limit": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }
            }),
            &["run"],
        ),
        reading(
            "compare",
            "What changed from one finished run to others, in total and by label, and whether the change is \
             significant. change is worse, better, same or \
             unclear by statistical tests on all response times (Mann-Whitney for the location, a test of proportions for errors, corrected for \
             many labels) and by a least size; do not call a difference a change where change is same. Compare runs of the same load.",
            json!({
                "runs": {
                    "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 5,
                    "description": "Run IDs; the first is the baseline."
                }
            }),
            &["runs"],
        ),
        reading(
            "samples",
            "Single samples of a run, also while it continues, or of all runs of a plan: start (epoch ms), response time in ms, label, response code \
             and message, failed assertion, thread, URL. All that match are counted (matched), some are shown. Bodies are not kept. Of a plan, \
             the newest runs are searched, and each sample names its run; call again with after set to next for older runs.",
            json!({
                "run": { "type": "string", "description": "The run's ID. Give this or plan." },
                "plan": { "type": "string", "description": "The ID or name of a plan: searches all its runs." },
                "after": { "type": "string", "description": "With plan: `next` of the previous response." },
                "success": { "type": "boolean", "description": "Only passed, or only failed samples." },
                "label": { "type": "string", "description": "A regular expression that the label matches somewhere." },
                "code": { "type": "string", "description": "Exactly this response code." },
                "text": { "type": "string", "description": "Text in the message, the failed assertion's message or the URL; case is ignored." },
                "min_ms": { "type": "integer", "minimum": 0, "description": "Minimum response time in ms." },
                "max_ms": { "type": "integer", "minimum": 0 },
                "from_ms": { "type": "integer", "description": "Started then or later, epoch ms." },
                "to_ms": { "type": "integer", "description": "Started before then, epoch ms." },
                "keep": { "type": "string", "enum": ["first", "slowest"], "default": "first" },
                "limit": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }
            }),
            &[],
        ),
    ];
    if allow_run {
        tools.push(changes(
            "run",
            "Starts a plan on a cluster that is ready and idle. This puts load on the system under test: make sure \
             that its owner agrees. Returns the run's ID at once; call status until its phase is finished.",
            json!({
                "plan": { "type": "string", "description": "The plan's id or name." },
                "cluster": { "type": "string", "description": "The cluster's id or name." },
                "name": { "type": "string" },
                "properties": { "type": "object", "additionalProperties": { "type": "string" }, "description": "JMeter properties, as -J gives them." },
                "criteria": { "type": "array", "items": { "type": "string" }, "description": "What fails the run, such as 'p95 > 800ms' or 'error_percent > 1%', in place of the plan's criteria. Absent: the plan's." }
            }),
            &["plan", "cluster"],
        ));
        tools.push(changes(
            "stop",
            "Stops a run; recorded samples are kept. Graceful: users finish their current request. Force: requests in \
             flight are aborted and count as errors.",
            json!({
                "run": { "type": "string", "description": "The run's id." },
                "force": { "type": "boolean", "default": false }
            }),
            &["run"],
        ));
    }
    tools
}

fn reading(name: &'static str, description: &'static str, properties: Value, required: &[&str]) -> Tool {
    let hints = ToolAnnotations::new().read_only(true).open_world(false);
    tool(name, description, properties, required).annotate(hints)
}

fn changes(name: &'static str, description: &'static str, properties: Value, required: &[&str]) -> Tool {
    let hints = ToolAnnotations::new().read_only(false).destructive(name == "stop").open_world(true);
    tool(name, description, properties, required).annotate(hints)
}

fn tool(name: &'static str, description: &'static str, properties: Value, required: &[&str]) -> Tool {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties);
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    Tool::new(name, description, Arc::new(schema))
}
