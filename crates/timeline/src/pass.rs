//! A pass over the partitions: what it reads of them, and what it leaves.

use kohort_inputs::{INPUTS, spec};
use kohort_model::Input;

use crate::TimelineError;
use crate::layout::{ANSWERS, Stream, VISITS};
use crate::prepare::Window;
use crate::store::Store;

/// A set of inputs beside the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs(u64);

impl Inputs {
    /// Every input.
    pub const ALL: Self = Self(u64::MAX);

    /// Those given, and those whose rows change theirs or are changed by them, without which they are not what
    /// they are.
    pub fn of(inputs: impl IntoIterator<Item = Input>) -> Self {
        let mut set = inputs.into_iter().fold(Self::default(), Self::with);
        for spec in INPUTS.into_iter().filter(|spec| spec.settles.is_some()) {
            let Some((other, _)) = spec.beside else { continue };
            if set.has(spec.input) || set.has(other) {
                set = set.with(spec.input).with(other);
            }
        }
        set
    }

    /// Whether an input is among them.
    #[must_use]
    pub fn has(self, input: Input) -> bool {
        self.0 >> input as u64 & 1 == 1
    }

    /// Those of both sets.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    fn with(self, input: Input) -> Self {
        Self(self.0 | 1 << input as u64)
    }

    /// Whether the rows of a stream are of the history or of an input among them.
    fn has_rows_of(self, stream: Stream) -> bool {
        match stream {
            Stream::Main | Stream::Side => true,
            Stream::Touches | Stream::Anonymous => self.has(VISITS),
            Stream::Nameless => self.has(ANSWERS),
            Stream::Of(input) => self.has(input),
        }
    }
}

/// What is to be done with a partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    /// The days that are known.
    pub window: Window,
    /// Inputs that somebody looks at in this pass.
    pub reads: Inputs,
    /// Inputs that somebody looks at in a later one; `None` in the last. The memory of the others is given up.
    pub keeps: Option<Inputs>,
    /// Whether the timelines come with their customers' ids.
    pub with_ids: bool,
}

impl Pass {
    /// The packed chunks of a stream; none of what nobody looks at.
    pub fn read(
        &self,
        store: &Store,
        index: usize,
        stream: Stream,
    ) -> Result<Vec<Box<[u8]>>, TimelineError> {
        let is_kept = self.keeps.is_some_and(|keeps| keeps.has_rows_of(stream));
        match stream {
            // Partitions of visitors, which are none of customers.
            Stream::Of(input) if spec(input).is_of_visitors() => Ok(Vec::new()),
            _ if !self.reads.has_rows_of(stream) => Ok(Vec::new()),
            _ if is_kept => store.read(index, stream),
            _ => store.take(index, stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_with_those_that_change_them() {
        use Input::{Engagement, Invoices, OrderLines, Payments, Surveys, Touchpoints};
        let cases: [(&[Input], &[Input]); 4] = [
            (&[], &[]),
            (&[OrderLines, Engagement], &[OrderLines, Engagement]),
            (&[Invoices], &[Invoices, Payments]),
            (&[Payments, Touchpoints], &[Invoices, Payments, Touchpoints]),
        ];
        for (given, expected) in cases {
            let found = Inputs::of(given.iter().copied());
            for input in Input::ALL {
                assert_eq!(found.has(input), expected.contains(&input), "{given:?}: {input:?}");
                assert!(Inputs::ALL.has(input));
            }
        }
        let streams = [
            (Stream::Main, true),
            (Stream::Side, true),
            (Stream::Touches, false),
            (Stream::Nameless, true),
            (Stream::Of(Surveys), true),
            (Stream::Of(Touchpoints), false),
        ];
        for (stream, expected) in streams {
            assert_eq!(Inputs::of([Surveys]).has_rows_of(stream), expected, "{stream:?}");
        }
    }
}
