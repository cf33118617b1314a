/** Which single samples a table's row stands for. The page that can search for them turns it into a search. */
export interface SampleWhere {
  /** The label, as it is. */
  label?: string;
  code?: string;
  /** In the message. */
  text?: string;
  success?: boolean;
}

export type ShowSamples = (where: SampleWhere) => void;
