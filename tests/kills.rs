//! Runs that are killed at random moments, while the orders that they read change from night to
//! night: what is current is always a whole run, and the next run makes what an undisturbed one does.
//!
//! `KOHORT_KILLS=200` kills more runs than a test usually has time for.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::published::{assert_tidy, published};
use crate::support::random::Random;
use crate::support::shell::{Done, Folder, Running, tell};

const KILLS: u32 = 40;

/// One in so many runs is the first one on its output.
const FIRST: u64 = 6;

/// Few tables, so that reading and publishing take their share of the time.
const PIPELINE: &str = r#"
[inputs.orders]
path = "shop"
customer_id = "customer_id"
order_id = "order_id"
ordered_at = "ordered_at"
amount = "amount"
status = "status"
completed = ["completed", "refunded"]
lost = ["payment_failed", "cancelled", "out_of_stock", "abandoned"]
open = ["pending"]
ignored = ["test"]

[segments]
country = "country"

[outputs]
path = "out"
tables = ["cohort_*", "customer_retention", "lost_sales"]
"#;

const RUN: &str = "run pipeline.toml --log-format text";

/// Name, rows and digest of each table.
type Digests = Vec<(String, u64, String)>;

/// The orders of one night, by file name where they come from, and the tables that belong to them.
struct Night {
    orders: BTreeMap<String, PathBuf>,
    digests: Digests,
}

/// A shop whose orders change from night to night.
pub struct Nights {
    pub folder: Folder,
    all: Vec<Night>,
    random: Random,
    /// The night whose orders lie in the shop's folder.
    now: usize,
    /// What a first run takes that nobody disturbs, and what one does after others.
    took: [Duration; 2],
}

/// Whether a run ended by itself or by what was done to it.
pub enum Outcome {
    Disturbed(Done),
    TooLate,
}

impl Nights {
    pub fn new(seed: u64) -> Self {
        let folder = Folder::new();
        folder.write("pipeline.toml", PIPELINE);
        folder.kohort_succeeds("sample one --customers 2000 --quiet");
        folder.kohort_succeeds("sample two --customers 2000 --seed 7 --quiet");
        fs::create_dir(folder.path("shop")).unwrap();
        let months = folder.names("one/orders");
        let of = |shop: &str, month: &String| {
            (month.clone(), folder.path(&format!("{shop}/orders/{month}")))
        };
        let all: BTreeMap<_, _> = months.iter().map(|month| of("one", month)).collect();
        let mut without_the_newest = all.clone();
        without_the_newest.pop_last();
        let mut corrected = all.clone();
        corrected.extend([3, 11].map(|month: usize| of("two", &months[month])));
        let mut with_late_ones = all.clone();
        with_late_ones.insert("late.parquet".to_owned(), of("two", &months[5]).1);
        let orders = [without_the_newest, corrected, with_late_ones, all];
        let night = |orders| Night { orders, digests: Digests::new() };
        let nights = orders.map(night).into();
        let (random, took) = (Random::new(seed), [Duration::ZERO; 2]);
        let mut shop = Self { folder, all: nights, random, now: 0, took };
        for night in 0..shop.all.len() {
            shop.lay_out(night);
            let alone = format!("alone/{night}");
            let runs = [format!("{RUN} --output {alone}"), RUN.to_owned()];
            shop.took = runs.map(|run| {
                let begun = Instant::now();
                shop.folder.kohort_succeeds(&run);
                begun.elapsed()
            });
            shop.all[night].digests = shop.folder.digests_in(&alone);
            shop.check();
        }
        shop
    }

    /// Begins a run on other orders, has `disturb` done to it at a random moment, and looks whether
    /// what is current is the run before or a whole new one.
    pub fn disturb(&mut self, disturb: impl FnOnce(Running) -> Done) -> Outcome {
        let night = self.below(self.all.len() as u64);
        self.lay_out(usize::try_from(night).unwrap());
        let is_first = self.below(FIRST) == 0;
        if is_first {
            fs::remove_dir_all(self.folder.path("out")).unwrap();
        }
        let limit = ["", " --memory-limit 1MiB"][usize::from(self.below(2) == 0)];
        let before = self.folder.current().map(|_| published(&self.folder));
        let run = self.folder.start(&format!("{RUN}{limit}"));
        let took = u64::try_from(self.took[usize::from(!is_first)].as_micros()).unwrap();
        sleep(Duration::from_micros(self.below(took * 11 / 10)));
        let done = disturb(run);
        let after = self.folder.current().map(|_| published(&self.folder));
        if after != before {
            assert_eq!(self.folder.digests(), self.all[self.now].digests, "a whole new run");
        }
        if done.code == Some(0) { Outcome::TooLate } else { Outcome::Disturbed(done) }
    }

    /// Runs without a disturbance, and compares.
    #[track_caller]
    pub fn recover(&self) {
        self.folder.kohort_succeeds(RUN);
        self.check();
        assert!(!self.folder.path("out/.attempt.json").exists(), "there is nothing to retry");
    }

    #[track_caller]
    fn check(&self) {
        published(&self.folder);
        assert_eq!(self.folder.digests(), self.all[self.now].digests);
        assert_tidy(&self.folder);
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }

    /// Has the shop's folder hold the orders of a night. What stays is not touched.
    fn lay_out(&mut self, night: usize) {
        let shop = self.folder.path("shop");
        let (old, new) = (&self.all[self.now].orders, &self.all[night].orders);
        for name in self.folder.names("shop").iter().filter(|name| !new.contains_key(*name)) {
            fs::remove_file(shop.join(name)).unwrap();
        }
        for (name, from) in new {
            let to = shop.join(name);
            if !to.exists() || old.get(name) != Some(from) {
                fs::copy(from, to).unwrap();
            }
        }
        self.now = night;
    }
}

#[test]
fn a_run_killed_at_any_moment_is_made_up_for_by_the_next() {
    let kills = std::env::var("KOHORT_KILLS").ok();
    let kills = kills.map_or(KILLS, |kills| kills.parse().expect("KOHORT_KILLS is a number"));
    let mut nights = Nights::new(1);
    let mut too_late = 0;
    for _ in 0..kills {
        match nights.disturb(Running::kill) {
            Outcome::Disturbed(done) => assert_eq!(done.signal, Some(9), "{}", done.stderr),
            Outcome::TooLate => too_late += 1,
        }
        nights.recover();
    }
    tell(&format!("killed {} runs; {too_late} more were done before", kills - too_late));
    assert!(too_late * 2 <= kills, "{too_late} of {kills} runs were done before they were killed");
}
