// Numbers and times as people read them.

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const second = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The time today, the day this year, the date otherwise. */
export function when(time: string | number, now = new Date()): string {
  const then = new Date(time);
  if (then.toDateString() === now.toDateString()) return clock.format(then);
  return then.getFullYear() === now.getFullYear() ? `${day.format(then)}, ${clock.format(then)}` : date.format(then);
}

/** As `when`, for two of one minute, or of one day of another year. */
export function toTheSecond(time: string | number, now = new Date()): string {
  const then = new Date(time);
  return then.toDateString() === now.toDateString() ? second.format(then) : whole.format(then);
}

export function exactly(time: string | number): string {
  return whole.format(new Date(time));
}

export function count(many: number, one: string, more = `${one}s`): string {
  return `${many.toLocaleString()} ${many === 1 ? one : more}`;
}
