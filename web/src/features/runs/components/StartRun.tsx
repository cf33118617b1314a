import { later } from "@/shared/ui/later";

/** The start dialog, whose code is fetched when it is opened: it is one of the largest, and most pages offer it. */
export const StartRun = later(async () => (await import("./StartRunDialog")).StartRunDialog);
