//! A client of the server's API for tests.

use crate::place::LIMIT;
use serde_json::Value;

/// A client of one server.
pub struct Api {
    url: String,
    token: String,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// A status and the body of the answer.
pub type Answer = (u16, Value);

impl Api {
    pub fn new(url: &str, token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // The runtime is not polled between two requests, so it would not notice that the server has closed an idle connection.
        let client = reqwest::Client::builder().timeout(LIMIT).pool_max_idle_per_host(0);
        let client = client.build().expect("a client");
        Self { url: url.to_owned(), token: token.to_owned(), runtime, client }
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(self.client.get(self.address(path)));
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// Sends JSON; returns any answer.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let method = method.parse().expect("a method");
        self.ask(self.client.request(method, self.address(path)).json(body))
    }

    /// Sends JSON, which must be accepted.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send("POST", path, body);
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer
    }

    /// Uploads files, by their names, as a plan; the first is the plan itself. Returns its ID.
    pub fn upload(&self, files: Vec<(&str, Vec<u8>)>) -> String {
        let main = files.first().expect("a plan").0.to_owned();
        let mut form = reqwest::multipart::Form::new().text("name", main.clone()).text("main_file", main);
        for (name, bytes) in files {
            form = form.part("file", reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned()));
        }
        let (status, plan) = self.ask(self.client.post(self.address("/plans")).multipart(form));
        assert!((200..300).contains(&status), "{plan}");
        plan["id"].as_str().expect("its id").to_owned()
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.url)
    }

    fn ask(&self, request: reqwest::RequestBuilder) -> Answer {
        self.runtime.block_on(async {
            let answer = request.bearer_auth(&self.token).send().await.expect("the server answers");
            let status = answer.status().as_u16();
            (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or(Value::Null))
        })
    }
}
