import type { Finding } from "@/shared/api/types";
import { Icon, type IconName } from "@/shared/ui/Icon";

const LOOK: Record<Finding["severity"], { icon: IconName; word: string }> = {
  error: { icon: "x-circle", word: "Error" },
  warning: { icon: "exclamation-triangle", word: "Warning" },
  info: { icon: "info-circle", word: "Note" },
};

const ORDER: Finding["severity"][] = ["error", "warning", "info"];

/** The findings of the check, most severe first. */
export function Findings({ findings }: { findings: Finding[] }) {
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return (
    <ul className="findings">
      {sorted.map((finding) => (
        <li key={`${finding.code} ${finding.element ?? ""} ${finding.message}`} className={`finding-${finding.severity}`}>
          <Icon name={LOOK[finding.severity].icon} />
          <div>
            <strong>{LOOK[finding.severity].word}:</strong> {finding.message} {finding.hint !== null && <span className="text-muted">{finding.hint}</span>}
            {finding.element !== null && <code>{finding.element}</code>}
          </div>
        </li>
      ))}
    </ul>
  );
}
