//! Writes the log that speed is measured on (docs/benchmarks.md): `generate-log ROWS > FILE`.
//!
//! The same bytes on every machine: JMeter's 17 default columns, 10 labels, log-normal response times, 0.5 % failures
//! with quoted messages, 1,000 samples a second, about 125 bytes a row.

use std::io::{BufWriter, Write};

const LABELS: [(&str, &str, f64); 10] = [
    ("Home page", "https://shop.example.com/", 90.0),
    ("Search products", "https://shop.example.com/search", 240.0),
    ("Product details", "https://shop.example.com/product/17", 130.0),
    ("Add to cart", "https://shop.example.com/cart", 180.0),
    ("View cart", "https://shop.example.com/cart", 110.0),
    ("Log in", "https://shop.example.com/login", 310.0),
    ("Checkout", "https://shop.example.com/checkout", 520.0),
    ("Pay", "https://shop.example.com/pay", 830.0),
    ("Order status", "https://shop.example.com/orders/4711", 150.0),
    ("Log out", "https://shop.example.com/logout", 60.0),
];

fn main() -> std::io::Result<()> {
    let rows: u64 = std::env::args().nth(1).and_then(|rows| rows.parse().ok()).unwrap_or(10_000_000);
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    out.write_all(
        b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,\
          grpThreads,allThreads,URL,Latency,IdleTime,Connect\n",
    )?;
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for row in 0..rows {
        let (label, url, median) = LABELS[random.below(10) as usize];
        let elapsed = (median * (0.6 * random.normal()).exp()) as u64 + 1;
        // Rows are written when samples end; time stamps are their starts.
        let start = 1_700_000_000_000 + row - elapsed;
        let thread = random.below(50) + 1;
        let bytes = 500 + random.below(40_000);
        let sent = 200 + random.below(700);
        let latency = elapsed * 9 / 10;
        let connect = random.below(4) * random.below(12);
        if random.below(200) == 0 {
            writeln!(
                out,
                "{start},{elapsed},{label},500,Internal Server Error,Thread Group 1-{thread},text,false,\"Test failed: text \
                 expected to contain \"\"order\"\", got nothing\",{bytes},{sent},50,50,{url},{latency},0,{connect}"
            )?;
        } else {
            writeln!(
                out,
                "{start},{elapsed},{label},200,OK,Thread Group 1-{thread},text,true,,{bytes},{sent},50,50,{url},{latency},0,\
                 {connect}"
            )?;
        }
    }
    out.flush()
}

struct Random(u64);

impl Random {
    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 32) % limit
    }

    /// Near enough to a normal number: the sum of twelve uniform ones.
    fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.next() >> 40).sum();
        sum as f64 / f64::from(1 << 24) - 6.0
    }
}
