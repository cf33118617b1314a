import type { IconName } from "@/shared/ui/Icon";

export interface Page {
  to: string;
  icon: IconName;
  word: string;
  /** The key that opens it after `g`. */
  key: string;
}

/** The pages of the side bar, in its order. */
export const PAGES: Page[] = [
  { to: "/", icon: "house", word: "Overview", key: "o" },
  { to: "/clusters", icon: "hdd-stack", word: "Clusters", key: "c" },
  { to: "/machines", icon: "cloud", word: "Machines", key: "m" },
  { to: "/plans", icon: "file-text", word: "Plans", key: "p" },
  { to: "/runs", icon: "activity", word: "Runs", key: "r" },
  { to: "/schedules", icon: "clock", word: "Schedules", key: "s" },
  { to: "/settings", icon: "gear", word: "Settings", key: "," },
];
