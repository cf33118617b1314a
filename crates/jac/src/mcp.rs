//! `jac mcp`: plans and results for assistants that use the Model Context Protocol, on standard input and output.
//!
//! A client of the server's own API, like every other command: an assistant has the permissions of its token. Owns the
//! tools ([`tools`]), the requests of each ([`calls`]) and the maximum size of results ([`bounds`]).

mod bounds;
mod calls;
mod tools;

use crate::cli::McpArguments;
use crate::client::Client;
use crate::connect::{Connection, Elsewhere, connect, settings};
use crate::context;
use crate::exit::Exit;
use anyhow::Context;
use calls::Refusal;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::stdio;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};

/// The instructions for an assistant that apply to all tools.
const INSTRUCTIONS: &str = "JAC runs Apache JMeter load tests and keeps their results. Response times are in milliseconds, times of day are \
    epoch milliseconds (UTC), rates are per second, error rates are percent of samples. Percentiles are over all samples, interpolated as in \
    Apache Commons Math (type 6, as JMeter's own dashboard). Totals exclude the rows of Transaction Controllers, so \
    that nothing is counted twice. Report when a run is partial or its load generators were CPU-bound: its figures are \
    unreliable then. Answers have a bounded size; 'cut' names the lists that are truncated.";

struct JacTools {
    client: Client,
    allow_run: bool,
}

pub async fn mcp(arguments: &McpArguments) -> anyhow::Result<Exit> {
    let data_folder = context::data_folder(arguments.data_dir.as_deref());
    let tools = context::tools(&data_folder, None);
    let connection = connect(&data_folder, &arguments.at, tools, settings(None), Elsewhere::default()).await?;
    let (client, engine) = match connection {
        Connection::Server(client) => (client, None),
        Connection::Own { client, engine } => (client, Some(engine)),
    };
    let service = JacTools { client, allow_run: arguments.allow_run }.serve(stdio()).await;
    let ended = match service {
        Ok(service) => service.waiting().await.map(drop).context("the conversation ended early"),
        Err(error) => Err(anyhow::Error::new(error).context("no MCP client connected")),
    };
    if let Some(engine) = engine {
        engine.shut_down().await;
    }
    ended.map(|()| Exit::Done)
}

impl ServerHandler for JacTools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("jac", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all(self.allow_run)))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all(self.allow_run).into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // A tool that was not offered cannot be called by its name either.
        if self.get_tool(&request.name).is_none() {
            return Err(ErrorData::invalid_params(format!("There is no tool '{}'.", request.name), None));
        }
        let arguments = serde_json::Value::Object(request.arguments.unwrap_or_default());
        Ok(match calls::call(&self.client, &request.name, arguments).await {
            Ok(answer) => CallToolResult::structured(bounds::bounded(answer)),
            Err(Refusal(error)) => CallToolResult::structured_error(bounds::bounded(error)),
        }
        .into())
    }
}
