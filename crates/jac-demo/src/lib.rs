//! A small shop to point a load test at: the target of `jac demo-target` and of `examples/shop/`.
//!
//! It answers like a shop of some age: most requests take 5 to 80 ms, some much longer, a checkout fails now and then, and
//! a search sometimes finds nothing. Nothing is stored but counters; carts live in cookies. It is for tests only and
//! trusts everybody.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` | home page |
//! | `POST /login` `user=…&password=…` | 200 and a cookie; 401 unless the password is `secret-` and the user's name |
//! | `GET /search?q=…` | page with `Results for …`; 8 in 100 lack it |
//! | `GET /product/{id}` | page of product 1 to 1000; 404 beyond |
//! | `POST /cart` `product=…` | 200, the cart grows by one |
//! | `POST /checkout` | 200 with an order number; 3 in 100 are a 500; 409 with an empty cart |
//! | `GET /fast` | `ok` without any delay, for throughput |
//! | `GET /slow` | after 2 s |
//! | `GET /status/{code}` | that status |
//! | `GET /stats` | counts of requests as JSON, by route and by status |
//!
//! `?delay_ms=N` sets the delay of any page, up to a minute.

mod delay;
mod pages;
mod shop;
mod stats;

pub use shop::{router, serve};
pub use stats::{RouteStats, Stats};
