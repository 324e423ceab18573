import type { Command } from "commander";
import { EVENT_KINDS } from "../../domain/event.ts";
import type { ApiEvent } from "../../wire/api/event.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { eventLine } from "../event-line.ts";
import { followEvents, recentEvents } from "../follow-events.ts";
import { optionValue, valueIfGiven } from "../option-value.ts";
import type { JsonOption } from "../print.ts";
import { address, count, oneOf } from "../setting-kinds.ts";

const COUNT = count(1000);

interface TailOptions extends JsonOption {
  readonly last: string;
  readonly follow: boolean;
  readonly decky?: string;
  readonly kind?: string;
  readonly src?: string;
}

export function addEvents(program: Command, shell: Shell): void {
  const events = program
    .command("events")
    .summary("what attackers do: tail")
    .description("Events are what happened on the deckies, in one schema for all of them.");
  const command = events
    .command("tail")
    .summary("show events as they come")
    .description(
      "Shows the newest events, then each as it comes, until Ctrl-C. Survives restarts of the " +
        "master. --json prints one object a line, as docs/events.md describes it.",
    )
    .option("--last <count>", "How many of the newest to begin with.", "20")
    .option("--no-follow", "Stop after those.")
    .option("--decky <name>", "Only those of one decky.")
    .option("--kind <kind>", "Only those of one kind, such as ssh.login.attempt.")
    .option("--src <address>", "Only those from one address.")
    .action((options: TailOptions) => tail(options, shell));
  asksMaster(command, [
    ["decnet events tail", "watch the whole fleet"],
    ["decnet events tail --kind ssh.login.attempt", "only logins by SSH"],
    ["decnet events tail --no-follow --last 1000 --json", "the newest thousand, for a program"],
  ]);
}

async function tail(options: TailOptions, shell: Shell): Promise<void> {
  const { decky, kind, src, json } = options;
  valueIfGiven(oneOf(EVENT_KINDS), "--kind", kind);
  valueIfGiven(address(), "--src", src);
  const api = masterOf(options, shell);
  const { terminal, clock } = shell;
  // From the first line on, Ctrl-C is how this ends.
  const ending = options.follow ? shell.ending() : null;
  const print = (event: ApiEvent) =>
    terminal.print(json ? JSON.stringify(event) : eventLine(event, terminal.style));
  const limit = optionValue(COUNT, "--last", options.last);
  const { events, seq } = await recentEvents(api, limit, { decky, kind, src });
  for (const event of events) print(event);
  if (events.length === 0 && terminal.interactive && !json) {
    const next = options.follow ? "; waiting for some, Ctrl-C ends" : "";
    terminal.note(terminal.noteStyle.dim(`No events yet${next}.`));
  }
  if (ending === null) return;
  const wanted = (event: ApiEvent) =>
    (decky === undefined || event.decky === decky) &&
    (kind === undefined || event.kind === kind) &&
    (src === undefined || event.src_ip === src);
  for await (const event of followEvents(api, seq, clock, ending)) {
    if (wanted(event)) print(event);
  }
}
