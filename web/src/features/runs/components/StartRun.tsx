import { later } from "@/shared/ui/later";

/** The start dialog, fetched when it is opened: with the fields of a new cluster it is among the largest, and most pages offer it. */
export const StartRun = later(async () => (await import("./StartRunDialog")).StartRunDialog);
