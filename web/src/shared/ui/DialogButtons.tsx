interface Props {
  cancel?: string;
  onCancel: () => void;
  /** What the form's one main action says, also while it is under way. */
  action: string;
  tone?: "primary" | "danger";
  disabled: boolean;
  title?: string | undefined;
}

/** The foot of a dialog that asks: the way out, and the one thing that it does. */
export function DialogButtons({ cancel = "Cancel", onCancel, action, tone = "primary", disabled, title }: Props) {
  return (
    <div className="dialog-buttons">
      <button type="button" className="btn btn-outline-secondary" onClick={onCancel}>
        {cancel}
      </button>
      <button type="submit" className={`btn btn-${tone}`} disabled={disabled} title={title}>
        {action}
      </button>
    </div>
  );
}
