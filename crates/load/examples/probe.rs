//! temp
use kohort_load::*;
use kohort_model::*;
use std::time::Instant;
struct Null(u64, i128);
impl Sink for Null {
    type Error = std::convert::Infallible;
    fn push(&mut self, b: &OrderBatch<'_>) -> Result<(), Self::Error> {
        self.0 += b.days.len() as u64;
        self.1 += i128::from(b.values[0]);
        std::hint::black_box(b);
        Ok(())
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let threads: usize = a[2].parse().unwrap();
    let opt = |k: &str| a.iter().find_map(|x| x.strip_prefix(&format!("{k}=")).map(str::to_owned));
    let t = Instant::now();
    let orders = open(OrdersSource {
        paths: vec![a[1].clone()],
        customer_id: opt("c").unwrap_or("o_custkey".into()),
        order_id: opt("o"),
        ordered_at: opt("t").unwrap_or("o_orderdate".into()),
        amount: opt("a").unwrap_or("o_totalprice".into()),
        updated_at: None,
        status: opt("s").map(|expr| StatusSource {
            expr,
            completed: vec!["F".into(), "O".into()],
            lost: vec!["P".into()],
            open: vec![],
            ignored: vec![],
        }),
        lost_reason: None,
        reasons: Default::default(),
        filter: opt("w"),
        scale: Scale::new(2).unwrap(),
        currency: CurrencySource::Fixed(None),
        deduplicate: opt("d").is_some(),
        segments: opt("g")
            .map(|expr| SegmentSource { name: "g".into(), expr })
            .into_iter()
            .collect(),
        max_segment_values: 1000,
        timezone: opt("z").map_or(chrono_tz::UTC, |z| z.parse().unwrap()),
    })
    .unwrap();
    let opened = t.elapsed();
    let (report, sinks) = orders
        .read(
            Needs { order_ids: opt("o").is_some(), instants: true, reasons: false },
            1_900_000_000_000_000,
            threads,
            &|_| (),
            &|| Null(0, 0),
        )
        .unwrap();
    let rows: u64 = sinks.iter().map(|s| s.0).sum();
    let sum: i128 = sinks.iter().map(|s| s.1).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let hwm = status.lines().find(|l| l.starts_with("VmHWM")).unwrap().to_owned();
    println!(
        "rows {rows} sum {sum} rejected {:?} open {opened:?} all {:?} {hwm}",
        report.rejected,
        t.elapsed()
    );
}
