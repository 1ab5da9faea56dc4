//! Trying again what somebody else came first with.

use std::time::Duration;

use worker::Delay;

use crate::error::Error;

/// How often a change is composed anew because something that it is made from has been changed meanwhile. Of those that are made
/// at once one gets through each time, so as many can be made at once.
const ATTEMPTS_MAX: u32 = 24;
/// The longest pause before another attempt, for each that there was, and altogether.
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(150);

/// The attempts at one change.
#[derive(Default)]
pub struct Attempts(u32);

impl Attempts {
    /// Waits for the next one: as long as chance has it, so that they do not meet again.
    pub async fn next(&mut self) -> Result<(), Error> {
        self.0 += 1;
        if self.0 >= ATTEMPTS_MAX {
            return Err(Error::Crowded);
        }
        let most = PAUSE.saturating_mul(self.0).min(PAUSE_MAX);
        Delay::from(most.mul_f64(js_sys::Math::random())).await;
        Ok(())
    }
}
