/** Wall-clock time of a zone, cut into what strftime(3) prints. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly offsetMinutes: number;
  /** Such as `CEST`. */
  readonly zone: string;
}

export const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const LONG_MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const LONG_DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
/** Standard and summer names of zones that `Intl` only numbers. */
const ZONE_NAMES: Readonly<Record<string, readonly [string, string]>> = {
  "Europe/London": ["GMT", "BST"],
  "Europe/Berlin": ["CET", "CEST"],
  "Europe/Amsterdam": ["CET", "CEST"],
  "Europe/Paris": ["CET", "CEST"],
  "Europe/Madrid": ["CET", "CEST"],
  "America/New_York": ["EST", "EDT"],
  "America/Chicago": ["CST", "CDT"],
  "America/Los_Angeles": ["PST", "PDT"],
};

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      timeZoneName: "longOffset",
      hourCycle: "h23",
    });
    formats.set(timeZone, format);
  }
  return format;
}

export function localTime(atMs: number, timeZone: string): LocalTime {
  const parts = timeZone.endsWith("UTC") ? [] : formatOf(timeZone).formatToParts(atMs);
  const offset = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const [, sign = "+", hours = "0", minutes = "0"] = /GMT([+-])(\d+):(\d+)/.exec(offset) ?? [];
  const offsetMinutes = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const shifted = new Date(atMs + offsetMinutes * 60_000);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
    offsetMinutes,
    zone: zoneName(timeZone, offsetMinutes),
  };
}

function zoneName(timeZone: string, offsetMinutes: number): string {
  const names = ZONE_NAMES[timeZone];
  if (names === undefined) return offsetMinutes === 0 ? "UTC" : hoursOf(offsetMinutes).slice(0, 3);
  const european = timeZone.startsWith("Europe/");
  const standard = timeZone === "Europe/London" ? 0 : european ? 60 : null;
  const american = { "America/New_York": -300, "America/Chicago": -360 }[timeZone] ?? -480;
  return names[offsetMinutes === (standard ?? american) ? 0 : 1];
}

function hoursOf(offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

export const two = (value: number) => String(value).padStart(2, "0");

/** strftime(3) in the C locale. */
export function strftime(format: string, atMs: number, timeZone: string): string {
  const time = localTime(atMs, timeZone);
  const again = (inner: string) => strftime(inner, atMs, timeZone);
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  return format.replace(/%([-_0^]?)([a-zA-Z%])/g, (whole, flag: string, letter: string) => {
    const value = ((): string => {
      switch (letter) {
        case "Y":
          return String(time.year);
        case "y":
          return two(time.year % 100);
        case "m":
          return two(time.month);
        case "d":
          return two(time.day);
        case "e":
          return String(time.day).padStart(2);
        case "H":
          return two(time.hour);
        case "I":
          return two(hour12);
        case "M":
          return two(time.minute);
        case "S":
          return two(time.second);
        case "p":
          return time.hour < 12 ? "AM" : "PM";
        case "a":
          return DAYS[time.weekday] ?? "";
        case "A":
          return LONG_DAYS[time.weekday] ?? "";
        case "b":
        case "h":
          return MONTHS[time.month - 1] ?? "";
        case "B":
          return LONG_MONTHS[time.month - 1] ?? "";
        case "j": {
          const start = Date.UTC(time.year, 0, 1);
          const days = (Date.UTC(time.year, time.month - 1, time.day) - start) / 86_400_000;
          return String(days + 1).padStart(3, "0");
        }
        case "u":
          return String(time.weekday === 0 ? 7 : time.weekday);
        case "w":
          return String(time.weekday);
        case "Z":
          return time.zone;
        case "z":
          return hoursOf(time.offsetMinutes);
        case "s":
          return String(Math.floor(atMs / 1000));
        case "N":
          return String(Math.floor((atMs % 1000) * 1e6)).padStart(9, "0");
        case "F":
          return again("%Y-%m-%d");
        case "D":
        case "x":
          return again("%m/%d/%y");
        case "T":
        case "X":
          return again("%H:%M:%S");
        case "R":
          return again("%H:%M");
        case "r":
          return again("%I:%M:%S %p");
        case "c":
          return again("%a %b %e %H:%M:%S %Y");
        case "n":
          return "\n";
        case "t":
          return "\t";
        case "%":
          return "%";
        default:
          return whole;
      }
    })();
    if (flag === "-") return value.replace(/^[0 ]+(?=.)/, "");
    return flag === "^" ? value.toUpperCase() : value;
  });
}

/** `up 12 days,  3:04` of uptime(1) and w(1), without the leading word. */
export function uptimeText(upMs: number): string {
  const minutes = Math.floor(upMs / 60_000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const clock =
    hours > 0 ? `${String(hours).padStart(2)}:${two(minutes % 60)}` : `${minutes % 60} min`;
  return days > 0 ? `${days} day${days === 1 ? "" : "s"}, ${clock}` : clock;
}
