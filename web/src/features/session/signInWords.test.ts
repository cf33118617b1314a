import { describe, expect, it } from "vitest";
import { ApiError } from "@/shared/api/client";
import { companyFault, companyRefusal, endedWords, sessionsFault } from "./signInWords";

const refused = (code: string) => new ApiError(503, { code, message: "The server's words.", hint: null, faults: [] });
const GENERAL = companyFault("new_code", "Okta");

describe("the words for a failed sign-in", () => {
  it.each(["company_unavailable", "company_clock", "company_refused", "company_invalid", "company_expired", "company_no_role", "sign_in_failed", "name_taken", "sessions_unavailable"])(
    "has words of its own for %s",
    (code) => {
      expect(companyFault(code, "Okta")).not.toBe(GENERAL);
      expect(companyRefusal(refused(code), "Okta")).toBe(companyFault(code, "Okta"));
    },
  );
  it("says something of a code that it does not know, and leaves a refusal's own words", () => {
    expect(GENERAL).toContain("Okta");
    expect(companyRefusal(refused("new_code"), "Okta")).toBeNull();
  });
  it("asks for another sign-in only where that may work", () => {
    expect(["disabled", "removed", "session_expired", "new_code"].map((code) => endedWords(code).includes("Sign in again"))).toEqual([false, false, true, true]);
  });
  it("mentions the session store only where that is away", () => {
    expect(sessionsFault(refused("sessions_unavailable"))).not.toBeNull();
    expect(sessionsFault(refused("sign_in_failed"))).toBeNull();
    expect(sessionsFault(new Error("x"))).toBeNull();
  });
});
