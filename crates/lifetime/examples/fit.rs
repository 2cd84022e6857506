//! Fits a model of orders to a file of histories and prints the fit, one JSON object a line.
//!
//! `fit FILE MODEL [UNIT_DAYS]`: the file's lines are `x,t_x_days,age_days,customers`, those that
//! begin with a letter or `#` are passed over; the model is `bg_nbd`, `mbg_nbd` or `pareto_nbd`;
//! the unit is 7 days.

#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use kohort_lifetime::models::{History, OrderModel};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, name, rest @ ..] = arguments.as_slice() else {
        return Err("usage: fit FILE MODEL [UNIT_DAYS]".into());
    };
    let model = OrderModel::ALL
        .into_iter()
        .find(|model| model.name() == name)
        .ok_or_else(|| format!("{name} is not a model of orders"))?;
    let unit_days = rest.first().map_or(Ok(7), |days| days.parse())?;

    let start = Instant::now();
    let histories = std::fs::read_to_string(path)?
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(history)
        .collect::<Result<Vec<_>, _>>()?;
    let read = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let fit = model.fit(&histories, unit_days).ok_or("there is no customer in the file")?;
    let fitted = start.elapsed().as_secs_f64();

    for parameter in &fit.parameters {
        let mut line = format!(
            r#"{{"model":"{name}","parameter":"{}","place":"{}""#,
            parameter.name,
            parameter.place.name()
        );
        if let Some(value) = parameter.value {
            write!(line, r#","value":{value:.17}"#)?;
        }
        if let Some(mean) = parameter.mean {
            write!(line, r#","mean":{mean:.17}"#)?;
        }
        if let Some(error) = parameter.standard_error {
            write!(line, r#","standard_error":{error:.17}"#)?;
        }
        println!("{line}}}");
    }
    println!(
        r#"{{"model":"{name}","log_likelihood":{:.9},"customers":{},"rows":{},"iterations":{},"converged":{},"read_seconds":{read:.6},"fit_seconds":{fitted:.6}}}"#,
        fit.log_likelihood,
        fit.customers,
        histories.len(),
        fit.iterations,
        fit.is_converged(),
    );
    Ok(())
}

fn history(line: &str) -> Result<History, Box<dyn Error>> {
    let mut fields = line.split(',').map(str::trim);
    let mut next = || fields.next().ok_or_else(|| format!("{line}: four numbers are expected"));
    Ok(History {
        x: next()?.parse()?,
        t_x_days: next()?.parse()?,
        age_days: next()?.parse()?,
        customers: next()?.parse()?,
    })
}
