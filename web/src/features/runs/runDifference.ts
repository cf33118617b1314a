/** The differences between a run that is about to be started and an earlier one, as text. Pure; never contains a secret's value. */
import { failsIf } from "@/features/results/judgedWords";
import type { CheckProperty, Plan, Run } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { checkJudged } from "./judgedForm";
import { FAILURES_FILE } from "./failedResponses";
import { settingsOf, type RunForm } from "./runForm";
import { isSecret, MASK } from "./secretNames";
import { RESULTS_WORDS } from "./spreadWords";

interface Next {
  form: RunForm;
  plan: Pick<Plan, "criteria" | "keep" | "revision">;
  /** Of the newest revision. */
  known: CheckProperty[];
  /** Of the earlier revision that is run; null: the newest is run, or they are not loaded yet. */
  ofRevision: CheckProperty[] | null;
  splittable: string[];
  /** Of the selected cluster; null: none is selected yet. */
  workers: number | null;
}

/** In the order of the dialog; empty: no differences. */
export function runDifference(before: Run, { form, plan, known, ofRevision, splittable, workers }: Next): string[] {
  const now = settingsOf(form, known, splittable);
  const revision = form.revision ?? plan.revision;
  const defaultsAt = (at: number): Values | null => {
    if (at === plan.revision) return Object.fromEntries(known.map(({ name, value, default: plain }) => [name, value ?? plain ?? undefined]));
    return at === revision && ofRevision !== null ? Object.fromEntries(ofRevision.map(({ name, default: plain }) => [name, plain ?? undefined])) : null;
  };
  const defaults = { was: defaultsAt(before.plan_revision ?? plan.revision), is: defaultsAt(revision) };
  const hidden = (name: string) => isSecret(name, form.secret) || before.properties[name] === MASK || before.system_properties[name] === MASK;
  // A try run has one node and its own criteria, which the user did not choose.
  const comparable = !before.try_run && !form.tryRun;
  // A masked value that has to be entered again is not removed.
  const waiting = Object.fromEntries(form.masked.filter((name) => form.properties[name] === "").map((name) => [name, MASK]));
  const words: (string | null)[] = [
    ...changes(before.properties, { ...waiting, ...now.properties }, defaults, hidden),
    ...changes(before.system_properties, now.system_properties ?? {}, NONE, hidden).map((each) => `-D${each}`),
    ...changes(texts(before.share), texts(now.share ?? {}), NONE, () => false).map((each) => `total of ${each}`),
    workers === null || !comparable ? null : step("workers", String(before.workers), String(workers)),
    before.plan_revision === null ? null : step("revision", String(before.plan_revision), String(revision)),
    ...listChanges("properties file", before.properties_files, now.properties_files ?? []),
    ...listChanges("split", before.split, now.split ?? []),
    ...listChanges(
      "kept files",
      before.keep.filter((pattern) => !before.try_run || pattern !== FAILURES_FILE),
      now.keep ?? plan.keep,
    ),
    ...(comparable ? judgedChanges(before, form, plan) : []),
    !comparable ? null : step("results", RESULTS_WORDS[before.results_choice], RESULTS_WORDS[now.results ?? "auto"]),
    !comparable ? null : step("minimum workers", before.min_workers == null ? "all" : String(before.min_workers), now.min_workers == null ? "all" : String(now.min_workers)),
    now.stop_timeout_s == null ? null : step("graceful stop timeout", `${before.stop_timeout_s}\u00a0s`, `${now.stop_timeout_s}\u00a0s`),
  ];
  return words.filter((each) => each !== null);
}

function step(name: string, was: string, is: string): string | null {
  return was === is ? null : `${name} ${was} → ${is}`;
}

type Values = Record<string, string | undefined>;

/** The value of a property that was not set, at the revision of each side; null: that revision's defaults are unknown. */
interface Defaults {
  was: Values | null;
  is: Values | null;
}

const NONE: Defaults = { was: {}, is: {} };
const UNKNOWN_DEFAULT = "the revision’s default";

function changes(was: Values, is: Values, defaults: Defaults, hidden: (name: string) => boolean): string[] {
  const valueOf = (set: Values, plain: Values | null, name: string) => set[name] ?? (plain === null ? UNKNOWN_DEFAULT : plain[name]);
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) => {
    const [from, to] = [valueOf(was, defaults.was, name), valueOf(is, defaults.is, name)];
    // It is unknown here whether a secret has another value, but known whether it is set.
    if (hidden(name)) return name in was === name in is ? [] : [`${name} ${name in is ? "set" : "removed"}`];
    return from === to ? [] : [`${name} ${shown(from)} → ${shown(to)}`];
  });
}

function shown(value: string | undefined): string {
  return value === undefined ? "not set" : value === "" ? "empty" : value;
}

function texts(totals: Record<string, number>): Values {
  return Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, String(total)]));
}

function listChanges(name: string, was: string[], is: string[]): string[] {
  return [...is.filter((each) => !was.includes(each)).map((each) => `${name} ${each} added`), ...was.filter((each) => !is.includes(each)).map((each) => `${name} ${each} removed`)];
}

function judgedChanges(before: Run, form: RunForm, plan: Pick<Plan, "criteria">): (string | null)[] {
  const now = form.judged === null ? plan.criteria : checkJudged(form.judged).judged;
  // Invalid values are reported at their fields.
  if (now === null) return [];
  const rules = (all: string[]) => (all.length === 0 ? "off" : plural(all.length, "rule"));
  const [was, is] = [rules(before.stop_rules), rules(now.stop_rules)];
  const changed = JSON.stringify(before.stop_rules) !== JSON.stringify(now.stop_rules);
  return [
    ...listChanges("criterion", before.criteria_expressions.map(failsIf), now.criteria.map(failsIf)),
    step("warm-up", `${before.warm_up_s}\u00a0s`, `${now.warm_up_s}\u00a0s`),
    was === is ? (changed ? "automatic stop changed" : null) : step("automatic stop", was, is),
  ];
}
