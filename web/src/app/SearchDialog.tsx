import type { UseQueryResult } from "@tanstack/react-query";
import { useId, useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";
import type { ClusterSummary, Page, PlanSummary, RunSummary } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { useFirstRows, type ListKind } from "@/shared/lists/usePages";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon, type IconName } from "@/shared/ui/Icon";
import { useSettled } from "@/shared/ui/useSettled";
import { PAGES } from "./pages";

interface Found {
  key: string;
  to: string;
  icon: IconName;
  name: string;
  what: string;
}

/** Results of each kind; the complete list has more. */
const MOST = 5;
/** Delay between the last keystroke and the request. */
const TYPING_MS = 200;

/** Finds pages by name, and runs, plans and clusters by the fields that their lists search; opened by keyboard or click. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const id = useId();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const words = useSettled(typed.trim(), TYPING_MS);
  // Enter must not open a result of an earlier search text.
  const settled = words === typed.trim();
  const runs = useFound<RunSummary>("runs", words);
  const plans = useFound<PlanSummary>("plans", words);
  const clusters = useFound<ClusterSummary>("clusters", words);
  const answers = [runs, plans, clusters];
  const searching = !settled || answers.some(({ isFetching, isSuccess, isPlaceholderData }) => isFetching && (!isSuccess || isPlaceholderData));
  const error = answers.find((answer) => answer.error !== null)?.error ?? null;
  const rowsOf = <Row,>({ data, isPlaceholderData }: UseQueryResult<Page<Row>>): Row[] => (settled && !isPlaceholderData ? (data?.items ?? []) : []);
  const pages = PAGES.filter(({ word }) => word.toLowerCase().includes(typed.trim().toLowerCase()));
  const found: Found[] = [
    ...pages.map(({ to, icon, word }) => ({ key: to, to, icon, name: word, what: "Page" })),
    ...rowsOf(runs).map((run) => ({ key: run.id, to: `/runs/${run.id}`, icon: "activity" as const, name: run.name, what: `Run of ${run.plan.name}, ${formatDateTime(run.created_ms)}` })),
    ...rowsOf(plans).map((plan) => ({ key: plan.id, to: `/plans/${plan.id}`, icon: "file-text" as const, name: plan.name, what: "Plan" })),
    ...rowsOf(clusters).map((cluster) => ({ key: cluster.id, to: `/clusters/${cluster.id}`, icon: "hdd-stack" as const, name: cluster.name, what: "Cluster" })),
  ];
  const chosen = Math.min(at, found.length - 1);
  const open = (one: Found | undefined) => {
    if (one === undefined) return;
    onClose();
    void navigate(one.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0 || found.length === 0) return;
    event.preventDefault();
    const next = (chosen + by + found.length) % found.length;
    setAt(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Dialog title="Search" onClose={onClose} onSubmit={() => open(found[chosen])} footer={null}>
      <input
        className="form-control"
        type="search"
        data-first-focus
        role="combobox"
        aria-label="Search pages, runs, plans and clusters"
        aria-expanded={found.length > 0}
        aria-controls={id}
        aria-activedescendant={found.length === 0 ? undefined : `${id}-${chosen}`}
        autoComplete="off"
        placeholder="Page, run, plan or cluster"
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label="Results" className="search-results">
        {found.map((one, index) => (
          // The text field handles the keys, and announces which result is selected.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div key={one.key} id={`${id}-${index}`} role="option" aria-selected={index === chosen} tabIndex={-1} onClick={() => open(one)} onPointerMove={() => setAt(index)}>
            <Icon name={one.icon} />
            <span>{one.name}</span>
            <small>{one.what}</small>
          </div>
        ))}
      </div>
      {searching && <p className="text-muted">Searching…</p>}
      {error !== null && <ErrorBox error={error} />}
      {found.length === 0 && !searching && error === null && <p className="text-muted">No matches.</p>}
    </Dialog>
  );
}

/** The first rows of a list that match; without a search text the newest ones. */
function useFound<Row>(kind: ListKind, words: string): UseQueryResult<Page<Row>> {
  const search = new URLSearchParams(words === "" ? {} : { text: words });
  if (kind === "clusters") search.set("ended", "false");
  return useFirstRows<Row>(kind, search.toString(), MOST);
}
