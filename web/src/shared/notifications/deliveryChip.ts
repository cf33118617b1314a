/** The state of a run's notification as a chip. Pure. */
import type { Delivery } from "@/shared/api/types";
import type { ChipLook } from "@/shared/ui/Chip";

export function deliveryChip({ state, attempts }: Pick<Delivery, "state" | "attempts">): ChipLook {
  switch (state) {
    case "waiting":
      return attempts === 0 ? { tone: "running", word: "sending", icon: "arrow-clockwise", spin: true } : { tone: "attention", word: "retrying", icon: "hourglass" };
    case "delivered":
      return { tone: "good", word: "delivered", icon: "check-circle" };
    case "given_up":
      return { tone: "failed", word: "not delivered", icon: "x-circle" };
  }
}
