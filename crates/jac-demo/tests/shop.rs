//! The shop over a real socket.

use std::time::{Duration, Instant};

use jac_demo::Stats;
use reqwest::{Client, StatusCode};

struct Running {
    base: String,
    client: Client,
    stop: tokio::sync::oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn start() -> Running {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let served = tokio::spawn(jac_demo::serve(listener, async {
        let _ = stopped.await;
    }));
    Running { base, client: Client::new(), stop, served }
}

impl Running {
    async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn post(&self, path: &str, cookie: &str, body: &str) -> reqwest::Response {
        let request = self.client.post(format!("{}{path}", self.base)).header("cookie", cookie);
        request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned()).send().await.unwrap()
    }

    async fn stats(&self) -> Stats {
        serde_json::from_str(&self.get("/stats").await.1).unwrap()
    }
}

#[tokio::test]
async fn pages_say_what_they_are() {
    let shop = start().await;
    assert!(shop.get("/?delay_ms=0").await.1.contains("Welcome to the shop"));
    assert!(shop.get("/product/17?delay_ms=0").await.1.contains("Product 17"));
    assert_eq!(shop.get("/product/1001?delay_ms=0").await.0, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/product/x").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(shop.get("/status/503").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shop.get("/status/100").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(shop.get("/nowhere").await.0, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/fast").await, (StatusCode::OK, "ok".to_owned()));
}

#[tokio::test]
async fn a_purchase_needs_a_login_and_a_cart() {
    let shop = start().await;
    let wrong = shop.post("/login?delay_ms=0", "", "user=ann&password=guess").await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let right = shop.post("/login?delay_ms=0", "", "user=ann&password=secret-ann").await;
    assert_eq!(right.status(), StatusCode::OK);
    assert_eq!(right.headers().get_all("set-cookie").iter().count(), 2);
    let empty = shop.post("/checkout?delay_ms=0", "cart=0", "").await;
    assert_eq!(empty.status(), StatusCode::CONFLICT);
    let cart = shop.post("/cart?delay_ms=0", "session=1; cart=1", "product=5").await;
    assert!(cart.headers()["set-cookie"].to_str().unwrap().starts_with("cart=2"));
    assert_eq!(shop.stats().await.logins["ann"], 1);
}

#[tokio::test]
async fn some_searches_and_checkouts_fail() {
    let shop = start().await;
    let mut lacking = 0;
    for _ in 0..400 {
        lacking += u32::from(!shop.get("/search?q=a%3Cb&delay_ms=0").await.1.contains("Results for a&lt;b"));
        shop.post("/checkout?delay_ms=0", "cart=1", "").await;
    }
    // 8 % and 3 % of 400; the probability of leaving these bounds is one in a million.
    assert!((5..=75).contains(&lacking), "{lacking}");
    let failed = shop.stats().await.routes["/checkout"].statuses.get(&500).copied().unwrap_or(0);
    assert!((1..=40).contains(&failed), "{failed}");
}

#[tokio::test]
async fn delays_are_real_and_can_be_set() {
    let shop = start().await;
    let started = Instant::now();
    shop.get("/slow?delay_ms=60").await;
    assert!(started.elapsed() >= Duration::from_millis(60));
    let started = Instant::now();
    shop.get("/").await;
    assert!(started.elapsed() >= Duration::from_millis(5));
}

#[tokio::test]
async fn requests_are_counted_by_route_and_the_server_stops() {
    let shop = start().await;
    for id in 1..=3 {
        shop.get(&format!("/product/{id}?delay_ms=0")).await;
    }
    shop.get("/nowhere").await;
    let stats = shop.stats().await;
    assert_eq!(stats.requests, 4);
    assert_eq!(stats.routes["/product/{id}"].requests, 3);
    assert_eq!(stats.routes["other"].statuses[&404], 1);
    drop(shop.client);
    shop.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), shop.served).await.unwrap().unwrap().unwrap();
}
