import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Schedule } from "@/shared/api/types";
import type { Facet } from "@/shared/lists/ListFilters";
import { ListTable } from "@/shared/lists/ListTable";
import { useList } from "@/shared/lists/useList";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { CutLink } from "@/shared/ui/MiddleCut";
import { firingChip, localWords, stateChip, STATES, timingWords, whenWords } from "../scheduleWords";

const COLUMNS: Column<Schedule>[] = [
  { id: "name", name: "Schedule", main: true, value: ({ name }) => name, cell: ({ id, name }) => <CutLink to={`/schedules/${id}`} text={name} /> },
  { id: "state", name: "State", value: ({ state }) => STATES[state], cell: (schedule) => <Chip {...stateChip(schedule)} /> },
  { id: "timing", name: "When", spareBelow: 800, value: ({ timing }) => timingWords(timing), cell: ({ timing }) => <span title={timingWords(timing)}>{whenWords(timing)}</span> },
  {
    id: "next",
    name: "Next time",
    value: ({ next }) => next[0]?.at_ms ?? null,
    cell: ({ next: [next] }) => (next === undefined ? <span className="text-faint">–</span> : localWords(next.local)),
  },
  {
    id: "last",
    name: "Last result",
    value: ({ last }) => (last === null ? null : firingChip(last).word),
    cell: ({ last }) =>
      last === null ? (
        <span className="text-faint">none yet</span>
      ) : last.run_id === null ? (
        <Chip {...firingChip(last)} />
      ) : (
        <Link to={`/runs/${last.run_id}`}>
          <Chip {...firingChip(last)} />
        </Link>
      ),
  },
  { id: "plan", name: "Plan", clip: true, spareBelow: 1000, value: ({ plan }) => plan.name, cell: ({ plan }) => <CutLink to={`/plans/${plan.id}`} text={plan.name} /> },
  { id: "owner", name: "Owner", clip: true, spareBelow: 1240, value: ({ owner }) => owner.name, cell: ({ owner }) => owner.name },
  { id: "team", name: "Team", clip: true, optional: true, value: ({ team }) => team?.name ?? null, cell: ({ team }) => team?.name ?? <span className="text-faint">–</span> },
];

const ORDERS = { name: "name", next: "next" };
const FACETS: Facet[] = [{ name: "state", label: "State", options: Object.entries(STATES).map(([value, word]) => ({ value, word })) }];

/** The list of schedules, sorted by their next time. */
export function ScheduleTable({ empty }: { empty: ReactNode }) {
  const navigate = useNavigate();
  const schedules = useList<Schedule>("schedules", FACETS);
  return (
    <ListTable
      name="schedules"
      fills
      title="Schedules"
      {...schedules}
      orders={ORDERS}
      searches="Name or plan"
      columns={COLUMNS}
      rowKey={({ id }) => id}
      onOpen={({ id }) => void navigate(`/schedules/${id}`)}
      empty={empty}
    />
  );
}
