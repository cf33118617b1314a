import type { UserView } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";

/** How a user signs in. */
export function signInWords({ via_company: company, has_password: password }: Pick<UserView, "via_company" | "has_password">): string {
  if (company === true) return password === true ? "company or password" : "company";
  return password === true ? "password" : "one-time link";
}

/** `2 clusters, 1 plan, 30 runs`; null if the user owns nothing. */
export function ownsWords(owns: UserView["owns"]): string | null {
  if (owns === null) return null;
  const parts = [
    [owns.clusters, "cluster"],
    [owns.plans, "plan"],
    [owns.runs, "run"],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, word]) => plural(count, word));
  return words.length === 0 ? null : words.join(", ");
}
