interface Props {
  cancel?: string;
  onCancel: () => void;
  /** The labels of the form's main button, normally and while the action is in progress. */
  action: string;
  tone?: "primary" | "danger";
  disabled: boolean;
  title?: string | undefined;
}

/** The footer of a dialog: cancel, and the action. */
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
