//! Settings that tables of lost sales share: the windows of carts and of recoveries.

use kohort_model::{Input, Requires, Setting, SettingKind, SettingsSection, Source};

/// Touchpoints that name carts.
pub(crate) const CARTS_MAPPED: Source = Source::Column(Input::Touchpoints, "cart_id");

/// Answers that tell why a sale was lost.
const ANSWERS: Source = Source::Column(Input::Surveys, "lost_reason");

/// When a lost sale counts as made good, and what stages and reasons are called.
pub(crate) static LOST_SALES: SettingsSection = SettingsSection {
    name: "lost_sales",
    meaning: "Sales that were nearly made: what makes them good, their stages and reasons.",
    requires: Requires(&[
        Source::Input(Input::Orders),
        Source::Input(Input::Opportunities),
        CARTS_MAPPED,
    ]),
    keys: &[
        Setting::new(
            "recovery_window_days",
            SettingKind::days_from_0(30),
            "A purchase at most so many days after a lost sale recovers it.",
            "recovery_window_days = 14",
        ),
        Setting::new(
            "survey_window_days",
            SettingKind::days_from_0(90),
            "An answer in `[inputs.surveys] lost_reason` tells why a sale was lost up to so many days before.",
            "survey_window_days = 30",
        )
        .only_with(Requires(&[ANSWERS])),
        Setting::new(
            "stages",
            SettingKind::Texts {
                count: 1..=usize::MAX,
                is_needed: false,
                allowed: "a list of texts in order, such as [\"qualified\", \"offer\", \"contract\"]",
            },
            "The stages of opportunities in order, of which a won one has passed all; by default each reaches its own stage alone. Needs `[inputs.opportunities] stage`.",
            "stages = [\"qualified\", \"offer\", \"contract\"]",
        )
        .only_with(Requires(&[Source::Column(Input::Opportunities, "stage")])),
        Setting::new(
            "reasons",
            SettingKind::Renamed,
            "Reasons of lost orders, opportunities and answers as the inputs have them, each with the reason \
             to report.",
            "reasons = { \"too expensive\" = \"price\", \"costs too much\" = \"price\" }",
        )
        .only_with(Requires(&[
            Source::Column(Input::Orders, "lost_reason"),
            Source::Column(Input::Opportunities, "reason"),
            ANSWERS,
        ])),
    ],
};

/// How long a cart may take.
pub(crate) static CARTS: SettingsSection = SettingsSection {
    name: "carts",
    meaning: "When a cart counts as abandoned.",
    requires: Requires(&[CARTS_MAPPED]),
    keys: &[window_hours(
        24,
        "A cart not purchased so many hours after it was created is abandoned.",
        "window_hours = 48",
    )],
};

/// A key of a window in hours.
pub(crate) const fn window_hours(
    default: u32,
    meaning: &'static str,
    example: &'static str,
) -> Setting {
    Setting::new(
        "window_hours",
        SettingKind::whole(default, 1..=876_000, "hours"),
        meaning,
        example,
    )
}

/// A time in hours, from 1 to 876000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hours(pub u32);

impl Hours {
    /// In microseconds.
    pub fn micros(self) -> i64 {
        const HOUR_MICROS: i64 = 3_600_000_000;
        i64::from(self.0) * HOUR_MICROS
    }

    /// In whole days, rounded up.
    pub fn days(self) -> i64 {
        i64::from(self.0.div_ceil(24))
    }
}
