import { Icon, type IconName } from "./Icon";

/** Running blue, good green, attention amber, failed red, ended grey; text and icon say it too. */
export type Tone = "running" | "good" | "attention" | "failed" | "ended";

export interface ChipLook {
  tone: Tone;
  word: string;
  icon: IconName;
  spin?: boolean;
}

export function Chip({ tone, word, icon, spin }: ChipLook) {
  return (
    <span className={`chip chip-${tone}`}>
      <Icon name={icon} spin={spin === true} />
      {word}
    </span>
  );
}

export function ReadOnlyChip({ owner, team }: { owner: string; team: string | null }) {
  const whose = team === null ? owner : `${owner}, team ${team}`;
  return (
    <span className="chip chip-ended chip-long" title={`Owned by ${whose}. You cannot change it.`}>
      <Icon name="lock" />
      <span>Read only: {whose}</span>
    </span>
  );
}
