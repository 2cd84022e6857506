//! The ways of a visitor through the steps.

use kohort_inputs::Touch;
use kohort_model::Day;

/// Where a path starts and how many steps it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Place of its first event among the visitor's.
    start: usize,
    /// The day of its first event.
    pub day: Day,
    /// Steps that it reaches, at least 1.
    pub reached: usize,
}

/// The events of one visitor, each with the event that a path through it reaches next.
pub(super) struct Events<'a> {
    /// In order of instant and step.
    touches: &'a [Touch],
    /// Place of the first later event of the following step.
    next: &'a [Option<usize>],
    window: i64,
}

/// Room to find paths in.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    next: Vec<Option<usize>>,
    /// The first event of each step after the one looked at.
    later: Vec<Option<usize>>,
}

impl Finder {
    /// The events of a visitor, linked. One look at each, however many paths there are.
    pub fn link<'a>(
        &'a mut self,
        touches: &'a [Touch],
        steps: usize,
        window_micros: i64,
    ) -> Events<'a> {
        let Self { next, later } = self;
        // One more, so that the last step is followed by none.
        later.clear();
        later.resize(steps + 1, None);
        next.clear();
        next.resize(touches.len(), None);
        for (place, touch) in touches.iter().enumerate().rev() {
            let step = touch.step as usize;
            next[place] = later[step + 1];
            later[step] = Some(place);
        }
        Events { touches, next, window: window_micros }
    }
}

impl<'a> Events<'a> {
    /// Every path, in order of its start.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        let starts = self.touches.iter().enumerate().filter(|(_, touch)| touch.step == 0);
        starts.map(|(start, touch)| {
            let reached = self.of_start(start).count();
            Path { start, day: touch.day, reached }
        })
    }

    /// The events that reach the steps of a path, one each.
    pub fn of(&self, path: Path) -> impl Iterator<Item = &'a Touch> {
        self.of_start(path.start)
    }

    fn of_start(&self, start: usize) -> impl Iterator<Item = &'a Touch> {
        let (touches, next) = (self.touches, self.next);
        let end = touches[start].at.saturating_add(self.window);
        let places = std::iter::successors(Some(start), |place| next[*place]);
        places.map(|place| &touches[place]).take_while(move |touch| touch.at <= end)
    }

    /// The instant after which a path gets no further.
    pub fn end(&self, path: Path) -> i64 {
        self.touches[path.start].at.saturating_add(self.window)
    }
}

/// Of the paths of a visitor that start in one period the one that gets furthest, of several the
/// earliest; the paths are in order of their start.
pub(super) fn furthest(paths: &[Path]) -> Option<Path> {
    paths.iter().copied().reduce(|best, path| if path.reached > best.reached { path } else { best })
}
