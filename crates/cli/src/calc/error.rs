//! Errors of `kohort calc`: numbers that cannot go together.

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
        "--{first} has {first_len} and --{second} has {second_len}: give both a number for each \
         period, the newest first"
    )]
    Lengths {
        /// An option, without dashes.
        first: &'static str,
        /// Its numbers, such as `3 numbers`.
        first_len: String,
        /// The other option.
        second: &'static str,
        /// Its numbers.
        second_len: String,
    },
}
