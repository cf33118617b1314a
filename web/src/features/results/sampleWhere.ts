/** The samples that a table's row represents. A page that can search samples turns this into a search. */
export interface SampleWhere {
  /** The label, exactly. */
  label?: string;
  code?: string;
  /** Part of the message. */
  text?: string;
  success?: boolean;
}

export type ShowSamples = (where: SampleWhere) => void;
