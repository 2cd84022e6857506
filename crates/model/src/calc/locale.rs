//! Where a comma begins the decimals, and where a point does.

/// A mark that begins decimals in some places and groups thousands in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `,`
    Comma,
    /// `.`
    Point,
}

/// How numbers are written in a language, or in a country.
#[derive(Debug, PartialEq, Eq)]
pub struct Locale {
    /// The name, as in `--locale`.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What begins the decimals; the other one groups thousands.
    pub decimal: Mark,
    /// What groups thousands where results are shown.
    pub group: char,
}

const NO_BREAK_SPACE: char = '\u{a0}';
const NARROW_NO_BREAK_SPACE: char = '\u{202f}';

/// The locales that there are, as the Unicode CLDR has them: a country is an alias where
/// it writes as the language does, and has a line of its own where it differs.
pub static LOCALES: &[Locale] = &[
    Locale::new("da", &["da-DK"], Mark::Comma, '.'),
    Locale::new("de", &["de-DE"], Mark::Comma, '.'),
    Locale::new("de-AT", &[], Mark::Comma, NO_BREAK_SPACE),
    Locale::new("de-CH", &["de-LI"], Mark::Point, '’'),
    Locale::new("en", &["en-GB", "en-IE", "en-US"], Mark::Point, ','),
    Locale::new("es", &["es-ES"], Mark::Comma, '.'),
    Locale::new("fi", &["fi-FI"], Mark::Comma, NO_BREAK_SPACE),
    Locale::new("fr", &["fr-BE", "fr-CH", "fr-FR"], Mark::Comma, NARROW_NO_BREAK_SPACE),
    Locale::new("it", &["it-IT"], Mark::Comma, '.'),
    Locale::new("it-CH", &[], Mark::Point, '’'),
    Locale::new("nb", &["nb-NO", "no", "no-NO"], Mark::Comma, NO_BREAK_SPACE),
    Locale::new("nl", &["nl-BE", "nl-NL"], Mark::Comma, '.'),
    Locale::new("pl", &["pl-PL"], Mark::Comma, NO_BREAK_SPACE),
    Locale::new("pt", &["pt-BR"], Mark::Comma, '.'),
    Locale::new("sv", &["sv-FI", "sv-SE"], Mark::Comma, NO_BREAK_SPACE),
];

impl Mark {
    /// The mark itself.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Point => '.',
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Point => "point",
        }
    }

    /// What groups where this one begins the decimals.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Comma => Self::Point,
            Self::Point => Self::Comma,
        }
    }
}

impl Locale {
    const fn new(
        name: &'static str,
        aliases: &'static [&'static str],
        decimal: Mark,
        group: char,
    ) -> Self {
        Self { name, aliases, decimal, group }
    }

    /// The locale of a name or an alias, in letters of any case and with `-` or `_`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = name.replace('_', "-");
        let is_it = |known: &&str| known.eq_ignore_ascii_case(&name);
        LOCALES.iter().find(|locale| is_it(&locale.name) || locale.aliases.iter().any(is_it))
    }

    /// A number such as `1,200.50` as it is written here.
    #[must_use]
    pub fn shown(&self, number: &str) -> String {
        let sign = |c| match c {
            ',' => self.group,
            '.' => self.decimal.sign(),
            c => c,
        };
        number.chars().map(sign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_form() {
        for (name, expected) in [
            ("sv", Some("sv")),
            ("sv-SE", Some("sv")),
            ("SV_se", Some("sv")),
            ("de", Some("de")),
            ("de_CH", Some("de-CH")),
            ("de-LI", Some("de-CH")),
            ("xx", None),
            ("", None),
            ("en-SE", None),
        ] {
            assert_eq!(Locale::named(name).map(|locale| locale.name), expected, "{name}");
        }
    }

    #[test]
    fn numbers_as_they_are_written() {
        for (name, expected) in [
            ("en", "1,234,567.50"),
            ("de", "1.234.567,50"),
            ("de-CH", "1’234’567.50"),
            ("sv", "1\u{a0}234\u{a0}567,50"),
            ("fr", "1\u{202f}234\u{202f}567,50"),
        ] {
            assert_eq!(Locale::named(name).unwrap().shown("1,234,567.50"), expected, "{name}");
        }
    }

    #[test]
    fn nothing_both_groups_and_begins_the_decimals() {
        for locale in LOCALES {
            assert_ne!(locale.group, locale.decimal.sign(), "{}", locale.name);
        }
    }
}
