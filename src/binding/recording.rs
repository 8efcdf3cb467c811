//! What the command line asks of series recordings: fields for JSON, and the report as text.

use std::path::Path;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::events::{IntervalPayload, LeakPayload};
use super::functions::read_file;
use super::{Code, coded};
use crate::leak::recording::SeriesRecording;
use crate::leak::replay::{Replay, ReplayedReport};
use crate::leak::verification::{Difference, Side, Verification};
use crate::{leak, report};

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct ReplayResult {
    pub text: String,
    pub detector: &'static str,
    pub found_leak: bool,
    pub readings: f64,
    /// The last line, when it is not whole.
    pub cut_line: Option<f64>,
    pub reports: Vec<ReplayedPayload>,
}

#[napi(object, object_from_js = false)]
pub struct ReplayedPayload {
    pub collection: f64,
    pub at_ms: f64,
    pub leak: LeakPayload,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct VerificationResult {
    pub text: String,
    pub verdict: &'static str,
    pub reasons: Vec<String>,
    pub before: SidePayload,
    pub after: SidePayload,
    pub difference: Option<DifferencePayload>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct SidePayload {
    pub readings: f64,
    pub used_readings: f64,
    pub cut_line: Option<f64>,
    pub bytes_per_hour: Option<IntervalPayload>,
    pub bytes_per_collection: Option<IntervalPayload>,
}

#[napi(object, object_from_js = false)]
pub struct DifferencePayload {
    pub bytes_per_hour: IntervalPayload,
    pub bytes_per_collection: IntervalPayload,
    pub p: f64,
    pub deals: f64,
    pub is_exact: bool,
}

/// Runs the detector of that name over a recording; the default one without a name.
#[napi(catch_unwind)]
pub fn replay(path: String, detector: Option<String>) -> Result<ReplayResult, Code> {
    let recording = open(&path)?;
    let name = detector.as_deref().unwrap_or(leak::DETECTORS[0]);
    let detector = leak::detector(name)
        .ok_or_else(|| Error::new(Status::InvalidArg.into(), format!("no detector {name}")))?;
    let replay = Replay::run(&recording, detector);
    Ok(ReplayResult {
        text: report::replay::replay(&recording, &replay),
        detector: replay.detector,
        found_leak: replay.found_leak(),
        readings: recording.rows.len() as f64,
        cut_line: recording.cut_line.map(|line| line as f64),
        reports: replay.reports.iter().map(ReplayedPayload::from).collect(),
    })
}

/// Whether a fix that came between the two recordings worked.
#[napi(catch_unwind)]
pub fn verify(before: String, after: String) -> Result<VerificationResult, Code> {
    let (before, after) = (open(&before)?, open(&after)?);
    let told = Verification::of(&before, &after);
    Ok(VerificationResult {
        text: report::verification::verification(&before, &after, &told),
        verdict: told.verdict.name(),
        before: SidePayload::new(&told.before, &before),
        after: SidePayload::new(&told.after, &after),
        difference: told.difference.map(DifferencePayload::from),
        reasons: told.reasons,
    })
}

fn open(path: &str) -> Result<SeriesRecording, Code> {
    let path = Path::new(path);
    SeriesRecording::parse(path, &read_file(path)?).map_err(coded)
}

impl From<&ReplayedReport> for ReplayedPayload {
    fn from(report: &ReplayedReport) -> Self {
        Self {
            collection: report.collection as f64,
            at_ms: report.at_ms,
            leak: LeakPayload::new(&report.leak),
        }
    }
}

impl SidePayload {
    fn new(side: &Side, recording: &SeriesRecording) -> Self {
        Self {
            readings: side.readings as f64,
            used_readings: side.used_readings as f64,
            cut_line: recording.cut_line.map(|line| line as f64),
            bytes_per_hour: side.growth.map(|growth| growth.per_hour.into()),
            bytes_per_collection: side.growth.map(|growth| growth.per_collection.into()),
        }
    }
}

impl From<Difference> for DifferencePayload {
    fn from(difference: Difference) -> Self {
        Self {
            bytes_per_hour: difference.growth.per_hour.into(),
            bytes_per_collection: difference.growth.per_collection.into(),
            p: difference.chance.p,
            deals: difference.chance.deals as f64,
            is_exact: difference.chance.is_exact,
        }
    }
}
