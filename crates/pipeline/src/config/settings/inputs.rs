//! The settings of the inputs, listed.

use chrono_tz::Tz;

use super::Settings;
use crate::{Currency, History, MappedInput};

impl Settings {
    /// `history` where it is the input that makes customers.
    pub fn input(&mut self, input: &MappedInput, history: Option<&History>) {
        let name = format!("inputs.{}", input.spec.input.name());
        self.texts(&format!("{name}.path"), &input.paths);
        for mapped in &input.columns {
            self.add(&format!("{name}.{}", mapped.column.name), &mapped.expression);
            for list in &mapped.lists {
                self.texts(&format!("{name}.{}", list.key), &list.texts);
            }
        }
        for switch in &input.switches {
            self.add(&format!("{name}.{}", switch.name), true);
        }
        if let Some(lines) = &input.spec.lines
            && (input.are_lines || input.spec.is_history)
        {
            let rows = if input.are_lines { "lines" } else { lines.many };
            self.add(&format!("{name}.rows"), rows);
        }
        self.option(&format!("{name}.where"), input.filter.as_ref());
        self.option(&format!("{name}.timezone"), input.timezone.map(Tz::name));
        if let Some(history) = history {
            self.money(&name, history);
            self.add(&format!("{name}.deduplicate"), input.deduplicate);
        }
    }

    pub fn money(&mut self, section: &str, history: &History) {
        self.add(&format!("{section}.scale"), history.scale().places());
        match history.currency() {
            Currency::Unnamed => {}
            Currency::Code(code) => self.add(&format!("{section}.currency"), code),
            Currency::Converted { column, rates } => {
                self.add(&format!("{section}.currency"), column);
                self.path(&format!("{section}.rates"), rates);
            }
        }
    }
}
