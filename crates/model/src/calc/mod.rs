//! Declarations of the formulas behind tables, for numbers that are typed in: what they ask for,
//! what must hold between the numbers, and what comes out. `kohort calc` offers them.

mod error;
mod formula;
mod given;
mod locale;
mod number;
mod numeral;

pub use error::{CalcError, Either, NumberError, Possible};
pub use formula::{Check, Formula, Input, Of, Outcome, Presence, Unit};
pub use given::Given;
pub use locale::{LOCALES, Locale, Mark};
pub use number::{Kind, Number};
