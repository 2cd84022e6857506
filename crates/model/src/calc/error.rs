//! Numbers that cannot go together.

/// Each text says which numbers, why they cannot be, and what to give instead.
#[derive(Debug, thiserror::Error)]
pub enum CalcError {
    /// A part is more than its whole.
    #[error("{parts} cannot be more than {whole}: {why}")]
    MoreThan {
        /// Option and number of each part.
        parts: String,
        /// Option and number of the whole.
        whole: String,
        /// Why it is the whole, and what to give.
        why: &'static str,
    },
    /// A zero for which there is no result.
    #[error("--{input} cannot be 0: {why}")]
    Zero {
        /// The option, without dashes.
        input: &'static str,
        /// Why not, and what to give.
        why: &'static str,
    },
    /// Lists whose numbers are pairs.
    #[error(
        "--{first} has {} and --{second} has {}: give both a number for each period, the newest \
         first",
        numbers(*.first_count), numbers(*.second_count)
    )]
    Lengths {
        /// An option, without dashes.
        first: &'static str,
        /// How many numbers it has.
        first_count: usize,
        /// The other option.
        second: &'static str,
        /// How many numbers it has.
        second_count: usize,
    },
}

/// So many numbers, in words.
fn numbers(count: usize) -> String {
    if count == 1 { "1 number".to_owned() } else { format!("{count} numbers") }
}
