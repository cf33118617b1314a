import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

type NoteTone = "info" | "attention" | "failed" | "good";

const ICON: Record<NoteTone, IconName> = { info: "info-circle", attention: "exclamation-triangle", failed: "x-circle", good: "check-circle" };

/** An important sentence at the relevant place. */
export function Note({ tone, children }: { tone: NoteTone; children: ReactNode }) {
  return (
    <div className={`note note-${tone}`}>
      <Icon name={ICON[tone]} />
      <div>{children}</div>
    </div>
  );
}
