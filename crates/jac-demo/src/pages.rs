//! The shop's pages.

use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rand::Rng;
use serde::Deserialize;

use crate::delay::{delay, happens};
use crate::shop::Shop;
use crate::stats::Stats;

/// Products are numbered from 1.
const PRODUCTS: u32 = 1_000;

/// In a hundred checkouts.
const CHECKOUT_FAILURES: u32 = 3;

/// In a hundred searches.
const EMPTY_SEARCHES: u32 = 8;

#[derive(Deserialize)]
pub(crate) struct Asked {
    delay_ms: Option<u64>,
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
    ))
}

/// Escapes user input for a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn product_links(first: u32) -> String {
    let link = |id: u32| format!("<li><a href=\"/product/{id}\">Product {id}</a></li>");
    (0..10).map(|step| link((first + step * 37) % PRODUCTS + 1)).collect()
}

pub(crate) async fn home(Query(asked): Query<Asked>) -> Html<String> {
    delay(asked.delay_ms, 12.0).await;
    page("Welcome to the shop", &format!("<ul>{}</ul>", product_links(0)))
}

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
    delay_ms: Option<u64>,
}

pub(crate) async fn search(Query(search): Query<Search>) -> Html<String> {
    delay(search.delay_ms, 30.0).await;
    if happens(EMPTY_SEARCHES) {
        return page("Search", "<p>Nothing was found.</p>");
    }
    let seed = search.q.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let list = product_links(seed % PRODUCTS);
    page("Search", &format!("<p>Results for {}</p><ul>{list}</ul>", escaped(&search.q)))
}

pub(crate) async fn product(Path(id): Path<u32>, Query(asked): Query<Asked>) -> Response {
    delay(asked.delay_ms, 20.0).await;
    if !(1..=PRODUCTS).contains(&id) {
        return (StatusCode::NOT_FOUND, page("Not found", "<p>There is no such product.</p>")).into_response();
    }
    let cents = id * 7 % 100;
    let form = format!("<form method=\"post\" action=\"/cart\"><input name=\"product\" value=\"{id}\"></form>");
    page(&format!("Product {id}"), &format!("<p>Price: {}.{cents:02}</p>{form}", id % 90 + 5)).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Login {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
}

pub(crate) async fn login(State(shop): State<Shop>, Query(asked): Query<Asked>, Form(login): Form<Login>) -> Response {
    delay(asked.delay_ms, 25.0).await;
    if login.user.is_empty() || login.password != format!("secret-{}", login.user) {
        return (StatusCode::UNAUTHORIZED, page("Login", "<p>Wrong user or password.</p>")).into_response();
    }
    shop.counters.logged_in(&login.user);
    let session = format!("session={:016x}; Path=/; HttpOnly", rand::rng().random::<u64>());
    let cookies = [(header::SET_COOKIE, session), (header::SET_COOKIE, cart_cookie(0))];
    let mut response = page("Login", &format!("<p>Hello {}</p>", escaped(&login.user))).into_response();
    for (name, value) in cookies {
        if let Ok(value) = value.parse() {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn cart_cookie(items: u32) -> String {
    format!("cart={items}; Path=/")
}

fn items_in_cart(headers: &HeaderMap) -> u32 {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "cart").and_then(|(_, items)| items.parse().ok()).unwrap_or(0)
}

#[derive(Deserialize)]
pub(crate) struct Cart {
    product: u32,
}

pub(crate) async fn cart(Query(asked): Query<Asked>, headers: HeaderMap, Form(cart): Form<Cart>) -> Response {
    delay(asked.delay_ms, 18.0).await;
    let items = items_in_cart(&headers).saturating_add(1);
    let body = format!("<p>Product {} added, {items} in the cart</p>", cart.product);
    ([(header::SET_COOKIE, cart_cookie(items))], page("Cart", &body)).into_response()
}

pub(crate) async fn checkout(Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    delay(asked.delay_ms, 45.0).await;
    if items_in_cart(&headers) == 0 {
        return (StatusCode::CONFLICT, page("Checkout", "<p>The cart is empty.</p>")).into_response();
    }
    if happens(CHECKOUT_FAILURES) {
        let broken = page("Checkout", "<p>The payment service did not answer.</p>");
        return (StatusCode::INTERNAL_SERVER_ERROR, broken).into_response();
    }
    let order = rand::rng().random_range(100_000..1_000_000);
    let paid = page("Checkout", &format!("<p>Thank you: order {order}</p>"));
    ([(header::SET_COOKIE, cart_cookie(0))], paid).into_response()
}

pub(crate) async fn fast() -> &'static str {
    "ok"
}

pub(crate) async fn slow(Query(asked): Query<Asked>) -> &'static str {
    delay(Some(asked.delay_ms.unwrap_or(2_000)), 0.0).await;
    "slow"
}

pub(crate) async fn status(Path(code): Path<u16>, Query(asked): Query<Asked>) -> Response {
    delay(Some(asked.delay_ms.unwrap_or(0)), 0.0).await;
    // 1xx are not final responses.
    match StatusCode::from_u16(code).ok().filter(|code| code.as_u16() >= 200) {
        Some(code) => code.into_response(),
        None => (StatusCode::BAD_REQUEST, "not a final HTTP status").into_response(),
    }
}

pub(crate) async fn stats(State(shop): State<Shop>) -> Json<Stats> {
    Json(shop.counters.snapshot())
}

pub(crate) async fn nowhere() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "no such page")
}
