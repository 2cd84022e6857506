//! Checks of inputs and tables: what was asked to hold, and whether it does.

use kohort_checks::{Counts, Finding, Kind, Severity, Status, identities};
use kohort_load::{ColumnCheck, LoadReport, Mistyped, Must, Opened};
use kohort_model::{Day, Input, SegmentAt, Table};
use kohort_publish::{CheckCounts, InputRecord, RunRecord};
use kohort_timeline::Survey;

use crate::config::{ColumnRule, FreshnessRule, RowRule};
use crate::error::FailedChecks;
use crate::findings::{as_float, bare};
use crate::plan::order_column;
use crate::warnings::Warnings;
use crate::{Pipeline, RunError, accepted, listed, lookups};

/// The checks of an input that the reader counts, in an order that follows from the pipeline file.
pub(crate) fn column_checks(pipeline: &Pipeline, input: Input) -> Vec<ColumnCheck> {
    let rules = pipeline.checks.columns.iter().filter(|rule| rule.input == input);
    rules.flat_map(of_rule).collect()
}

/// What is looked at for one rule.
fn of_rule(rule: &ColumnRule) -> impl Iterator<Item = ColumnCheck> {
    let ty = rule.ty.map(Must::BeOfType);
    let set = rule.max_null_share.map(|_| Must::BeSet);
    let one_of = rule.accepted.as_ref().map(|(texts, _)| Must::BeOneOf(texts.clone()));
    let key = format!("checks.columns.{}.{}", rule.input.name(), rule.name);
    let expr = rule.column.clone();
    let check = move |must| ColumnCheck { key: key.clone(), expr: expr.clone(), must };
    [ty, set, one_of].into_iter().flatten().map(check)
}

/// Every column has the type that it must have, as far as nothing is published otherwise.
///
/// # Errors
/// [`RunError::ChecksFailed`] with all that have not.
pub(crate) fn contract(pipeline: &Pipeline, inputs: &[Opened]) -> Result<(), RunError> {
    let types = inputs.iter().flat_map(|opened| of_columns(pipeline, opened, None));
    fail(types.filter(|finding| finding.kind == Kind::Type).collect())
}

pub(crate) fn fail(mut findings: Vec<Finding>) -> Result<(), RunError> {
    findings.retain(|finding| finding.status == Status::Fail);
    if findings.is_empty() {
        return Ok(());
    }
    Err(RunError::ChecksFailed(Box::new(FailedChecks { findings })))
}

/// What a run has found by the time at which its tables are ready.
pub(crate) struct Known<'a> {
    pub pipeline: &'a Pipeline,
    /// The inputs that were read, with what became of their rows.
    pub inputs: &'a [Opened],
    pub reports: &'a [LoadReport],
    pub records: &'a [InputRecord],
    pub survey: &'a Survey,
    /// The run that is current.
    pub before: Option<&'a RunRecord>,
    /// The tables that are to be published, but for those with a row for each customer.
    pub tables: &'a [Table],
    /// The business-local day of the run.
    pub today: Day,
}

impl Known<'_> {
    /// Looks at all that was asked for and warns of what does not hold. Gives the table `checks`.
    ///
    /// # Errors
    /// [`RunError::ChecksFailed`] with all that must hold and do not.
    pub fn check(&self, warnings: &Warnings<'_>) -> Result<(Table, CheckCounts), RunError> {
        let findings = self.findings();
        for warned in findings.iter().filter(|finding| finding.status == Status::Warn) {
            warnings.warn(format!("the check {warned}"));
        }
        let (table, Counts { passed, warned, failed }) =
            (kohort_checks::checks(&findings), Counts::of(&findings));
        fail(findings)?;
        Ok((table, CheckCounts { passed, warned, failed }))
    }

    fn findings(&self) -> Vec<Finding> {
        let checks = &self.pipeline.checks;
        let mut all: Vec<_> = self.records.iter().map(|record| self.rejected(record)).collect();
        let inputs = || self.inputs.iter().zip(self.reports);
        let before = self.before.map(|before| &*before.inputs);
        for ((opened, report), record) in inputs().zip(self.records) {
            let input = opened.input();
            all.push(accepted::empty_input(self.pipeline, input, (report, record), before));
            all.extend(accepted::earliest(self.pipeline, input, report));
        }
        let found: Vec<_> = inputs().map(|(opened, report)| found(opened, report)).collect();
        all.extend(listed::findings(self.pipeline, &found));
        all.extend(lookups::findings(self.pipeline, self.inputs, self.reports));
        all.extend(self.unique_order_ids());
        for opened in self.inputs {
            let report = self.report(opened.input());
            all.extend(of_columns(self.pipeline, opened, report));
        }
        let is_read = |input| self.report(input).is_some();
        for rule in checks.columns.iter().filter(|rule| !is_read(rule.input)) {
            let (input, name) = (rule.input, Some(&rule.name));
            let kinds = of_rule(rule).map(|check| kind(&check.must));
            all.extend(kinds.map(|kind| skipped(kind, input, name, rule.severity)));
        }
        for rule in &checks.rows {
            self.rows(rule, &mut all);
        }
        all.extend(checks.freshness.iter().map(|rule| self.freshness(*rule)));
        if let Some(severity) = checks.identities {
            self.identities(severity, &mut all);
        }
        // They are a table, too.
        for text in all.iter_mut().flat_map(|found| [&mut found.subject, &mut found.detail]) {
            *text = text.take().map(|text| self.pipeline.substituted.hide(&text).into_owned());
        }
        all
    }

    fn report(&self, input: Input) -> Option<&LoadReport> {
        let place = self.inputs.iter().position(|opened| opened.input() == input)?;
        self.reports.get(place)
    }

    /// A share that is too large has ended the run by now.
    fn rejected(&self, record: &InputRecord) -> Finding {
        let rows = record.rows() - record.rows_filtered;
        let rejected = record.rejected.values().sum();
        let input = Input::ALL.into_iter().find(|input| input.name() == record.input);
        Finding {
            input,
            ..share(
                Kind::RejectedShare,
                (rejected, rows),
                self.pipeline.checks.max_rejected,
                Severity::Error,
            )
        }
    }

    fn unique_order_ids(&self) -> Option<Finding> {
        let severity = self.pipeline.checks.unique_order_ids?;
        let orders = self.pipeline.input(Input::Orders)?;
        let (repeated, example) = (self.survey.repeated, &self.survey.repeated_order);
        Some(Finding {
            input: Some(Input::Orders),
            subject: orders.column("order_id").map(|mapped| mapped.expression.clone()),
            observed: Some(as_float(repeated)),
            allowed: Some(0.0),
            failing: Some(repeated),
            detail: example.as_ref().map(|(customer, order)| {
                let history = &self.inputs[0];
                format!(
                    "{repeated} rows repeat an order id of their customer, order {} of customer {} \
                     for one",
                    order_column(history).map_or_else(String::new, |id| history.id_text(id, order)),
                    history.owner_text(customer),
                )
            }),
            ..bare(Kind::UniqueOrderIds, severity, Status::of(example.is_none(), severity))
        })
    }

    fn rows(&self, rule: &RowRule, found: &mut Vec<Finding>) {
        let RowRule { input, max_drop, max_growth, severity } = *rule;
        let rows_of = |records: &[InputRecord]| {
            let record = records.iter().find(|record| record.input == input.name())?;
            Some(record.rows() - record.rows_filtered)
        };
        let limits = [(Kind::RowDrop, max_drop, -1.0), (Kind::RowGrowth, max_growth, 1.0)];
        for (kind, allowed, sign) in limits {
            let Some(allowed) = allowed else { continue };
            let Some(rows) = rows_of(self.records) else {
                found.push(skipped(kind, input, None, severity));
                continue;
            };
            let before = self.before.and_then(|before| rows_of(&before.inputs));
            let Some(before) = before.filter(|before| *before > 0) else {
                found.push(Finding {
                    input: Some(input),
                    allowed: Some(allowed),
                    rows: Some(rows),
                    detail: Some("there are no rows of a last run to compare with".to_owned()),
                    ..bare(kind, severity, Status::Pass)
                });
                continue;
            };
            let change = sign * (as_float(rows) - as_float(before)) / as_float(before);
            let holds = change <= allowed;
            let (how, key) = match kind {
                Kind::RowDrop => ("fewer", "max_drop"),
                _ => ("more", "max_growth"),
            };
            found.push(Finding {
                input: Some(input),
                observed: Some(change),
                allowed: Some(allowed),
                rows: Some(rows),
                detail: (!holds).then(|| {
                    let (change, allowed) = (100.0 * change, 100.0 * allowed);
                    format!(
                        "{rows} rows after {before} in the last run, {change:.2} % {how}, and {key} \
                         allows {allowed:.2} %"
                    )
                }),
                ..bare(kind, severity, Status::of(holds, severity))
            });
        }
    }

    /// Of a run about the past, how old the newest row was on its last known day.
    fn freshness(&self, rule: FreshnessRule) -> Finding {
        let FreshnessRule { input, max_age_days, severity } = rule;
        if self.report(input).is_none() {
            return skipped(Kind::Freshness, input, None, severity);
        }
        let newest = match input {
            Input::Orders => self.survey.events.map(|(_, last)| last),
            Input::Subscriptions => self.survey.newest_of(input).map(|(day, _)| day),
            input => self.survey.further[input as usize].map(|(_, last)| last),
        };
        let last_known = self.pipeline.as_of.map_or(self.today, |as_of| as_of.plus(-1));
        let day = last_known.min(self.today);
        let age = newest.map(|newest| i64::from(day.0) - i64::from(newest.0)).map(|age| age.max(0));
        let holds = age.is_some_and(|age| age <= i64::from(max_age_days));
        Finding {
            input: Some(input),
            observed: age.map(|age| as_float(age.unsigned_abs())),
            allowed: Some(f64::from(max_age_days)),
            detail: (!holds).then(|| match newest.zip(age) {
                Some((newest, age)) => format!(
                    "the newest row is of {newest}, {age} days before {day}, and max_age_days allows \
                     {max_age_days}"
                ),
                None => "there is no row".to_owned(),
            }),
            ..bare(Kind::Freshness, severity, Status::of(holds, severity))
        }
    }

    fn identities(&self, severity: Severity, found: &mut Vec<Finding>) {
        let segments = self.pipeline.segments.iter();
        let segments: Vec<&str> = segments
            .filter(|segment| segment.at == SegmentAt::First)
            .map(|segment| &*segment.name)
            .collect();
        // Without a history no table has rules of one.
        let basis = self.pipeline.basis.basis().unwrap_or_default();
        let identities = identities(self.tables, crate::tables(), basis, &segments);
        found.extend(identities.into_iter().map(|identity| Finding {
            table: Some(identity.table),
            subject: Some(identity.rule),
            observed: Some(as_float(identity.broken)),
            allowed: Some(0.0),
            rows: Some(identity.rows),
            failing: Some(identity.broken),
            detail: identity.example.map(|example| {
                let (broken, rows) = (identity.broken, identity.rows);
                format!("it does not hold in {broken} of {rows} rows; the first: {example}")
            }),
            ..bare(Kind::Identity, severity, Status::of(identity.broken == 0, severity))
        }));
    }
}

/// The texts that were found in an input.
fn found(opened: &Opened, report: &LoadReport) -> listed::Found {
    let rows = report.rows() - report.filtered() - report.duplicates();
    listed::Found { input: opened.input(), rows, values: opened.texts_seen(report) }
}

fn kind(must: &Must) -> Kind {
    match must {
        Must::BeOfType(_) => Kind::Type,
        Must::BeSet => Kind::NullShare,
        Must::BeOneOf(_) => Kind::OtherShare,
    }
}

/// What came of the checks of an input's columns; without a report those of types alone.
fn of_columns(pipeline: &Pipeline, opened: &Opened, report: Option<&LoadReport>) -> Vec<Finding> {
    let rules = pipeline.checks.columns.iter().filter(|rule| rule.input == opened.input());
    let checks = rules.flat_map(|rule| of_rule(rule).map(move |check| (rule, check.must)));
    let mut findings = Vec::new();
    for (place, (rule, must)) in checks.enumerate() {
        let mistyped = opened.mistyped().iter().find(|mistyped| mistyped.check == place);
        let of_rows = || {
            let files = &report?.files;
            let failing = files.iter().filter_map(|file| file.checks.get(place)).sum();
            let rows = files.iter().map(|file| file.rows - file.filtered - file.duplicates).sum();
            Some((failing, rows))
        };
        let finding = match (&must, of_rows()) {
            (Must::BeOfType(wanted), _) => {
                let rows: u64 = opened.files().iter().map(|file| file.rows).sum();
                Finding {
                    rows: Some(rows),
                    failing: Some(mistyped.map_or(0, |mistyped| mistyped.rows)),
                    detail: mistyped.map(|mistyped| shown(mistyped, wanted.name())),
                    ..bare(Kind::Type, rule.severity, Status::of(mistyped.is_none(), rule.severity))
                }
            }
            (_, None) => continue,
            (Must::BeSet, Some(of_rows)) => {
                let allowed = rule.max_null_share.unwrap_or_default();
                share(Kind::NullShare, of_rows, allowed, rule.severity)
            }
            (Must::BeOneOf(_), Some(of_rows)) => {
                let allowed = rule.accepted.as_ref().map_or(0.0, |(_, allowed)| *allowed);
                share(Kind::OtherShare, of_rows, allowed, rule.severity)
            }
        };
        let (input, subject) = (Some(rule.input), Some(rule.name.clone()));
        findings.push(Finding { input, subject, ..finding });
    }
    findings
}

fn shown(mistyped: &Mistyped, wanted: &str) -> String {
    let Mistyped { files, path, found, .. } = mistyped;
    let path = path.display();
    let more = match files - 1 {
        0 => String::new(),
        1 => " and in 1 more file".to_owned(),
        more => format!(" and in {more} more files"),
    };
    match found {
        Some(found) => format!("it is of type {found} in {path}{more}, and must be {wanted}"),
        None => format!("it is missing in {path}{more}, and must be {wanted} in every file"),
    }
}

/// That a share of the rows at most fails.
fn share(kind: Kind, (failing, rows): (u64, u64), allowed: f64, severity: Severity) -> Finding {
    let holds = as_float(failing) <= allowed * as_float(rows);
    let observed = if rows == 0 { 0.0 } else { as_float(failing) / as_float(rows) };
    let (what, key) = match kind {
        Kind::NullShare => ("are NULL", "max_null_share"),
        Kind::OtherShare => ("are none of those accepted", "max_other_share"),
        _ => ("were rejected", "max_rejected"),
    };
    Finding {
        observed: Some(observed),
        allowed: Some(allowed),
        rows: Some(rows),
        failing: Some(failing),
        detail: (!holds).then(|| {
            let (observed, allowed) = (100.0 * observed, 100.0 * allowed);
            format!(
                "{failing} of {rows} values {what} ({observed:.2} %), and {key} allows {allowed:.2} %"
            )
        }),
        ..bare(kind, severity, Status::of(holds, severity))
    }
}

fn skipped(kind: Kind, input: Input, subject: Option<&String>, severity: Severity) -> Finding {
    Finding {
        input: Some(input),
        subject: subject.cloned(),
        detail: Some("no table of this run reads the input".to_owned()),
        ..bare(kind, severity, Status::Skipped)
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::{Basis, Scale};

    use super::*;

    #[test]
    fn rules_name_columns_that_tables_have() {
        let tables: Vec<_> =
            crate::schemas().into_iter().map(|s| Table::new(s, Scale::default())).collect();
        for basis in [Basis::Orders, Basis::Subscriptions] {
            let all = identities(&tables, crate::tables(), basis, &["country"]);
            assert!(all.iter().all(|identity| identity.rows == 0 && identity.broken == 0));
            let mut names: Vec<_> = all.iter().map(|i| (i.table, &i.rule)).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all.len(), "no table has a rule twice");
        }
    }
}
