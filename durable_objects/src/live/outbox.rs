//! What has been sent on a socket and has not left yet: the runtime counts bytes, and a reader is held to events too.

use std::collections::VecDeque;

/// The most events that wait for a reader. Then it is told to come back.
pub const UNSENT_MAX_EVENTS: usize = 1000;

/// The most bytes of events that wait for a reader.
pub const UNSENT_MAX_BYTES: usize = 1024 * 1024;

/// The frames of one socket that may not have left yet, oldest first.
#[derive(Debug, Default)]
pub struct Outbox {
    frames: VecDeque<Frame>,
    bytes: usize,
}

#[derive(Debug)]
struct Frame {
    bytes: usize,
    is_event: bool,
}

impl Outbox {
    /// Notes an event that has been sent.
    pub fn add_event(&mut self, bytes: usize) {
        self.add(Frame { bytes, is_event: true });
    }

    /// Notes an answer that has been sent: it is in the way of what comes after it, and not held against the reader.
    pub fn add_answer(&mut self, bytes: usize) {
        self.add(Frame { bytes, is_event: false });
    }

    fn add(&mut self, frame: Frame) {
        self.bytes += frame.bytes;
        self.frames.push_back(frame);
    }

    /// Forgets what has left, given how many bytes have not.
    pub fn settle(&mut self, unsent_bytes: usize) {
        while let Some(frame) = self.frames.front().filter(|frame| self.bytes - frame.bytes >= unsent_bytes) {
            self.bytes -= frame.bytes;
            self.frames.pop_front();
        }
    }

    /// How many events have not left, and how many bytes they are.
    pub fn unsent_events(&self) -> (usize, usize) {
        let events = self.frames.iter().filter(|frame| frame.is_event);
        events.fold((0, 0), |(count, bytes), frame| (count + 1, bytes + frame.bytes))
    }

    /// Whether the reader is too slow to be waited for.
    pub fn is_over(&self) -> bool {
        let (events, bytes) = self.unsent_events();
        events >= UNSENT_MAX_EVENTS || bytes >= UNSENT_MAX_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_left_is_forgotten_from_the_oldest_on() {
        let mut outbox = Outbox::default();
        for bytes in [100, 50, 10] {
            outbox.add_event(bytes);
        }
        outbox.settle(160);
        assert_eq!(outbox.unsent_events(), (3, 160));
        outbox.settle(61);
        assert_eq!(outbox.unsent_events(), (3, 160), "some of the first has not left");
        outbox.settle(60);
        assert_eq!(outbox.unsent_events(), (2, 60));
        outbox.settle(0);
        assert_eq!(outbox.unsent_events(), (0, 0));
    }

    #[test]
    fn a_reader_is_held_to_events_and_to_their_bytes_and_not_to_answers() {
        let mut many = Outbox::default();
        (1..UNSENT_MAX_EVENTS).for_each(|_| many.add_event(1));
        assert!(!many.is_over());
        many.add_event(1);
        assert!(many.is_over());
        let mut large = Outbox::default();
        large.add_answer(2 * UNSENT_MAX_BYTES);
        large.add_event(UNSENT_MAX_BYTES - 1);
        assert!(!large.is_over());
        large.add_event(1);
        assert!(large.is_over());
    }
}
