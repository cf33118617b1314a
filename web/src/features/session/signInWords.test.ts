import { describe, expect, it } from "vitest";
import { ApiError } from "@/shared/api/client";
import { companyFault, companyRefusal, endedWords, sessionsFault } from "./signInWords";

const refused = (code: string) => new ApiError(503, { code, message: "The server's words.", hint: null, faults: [] });
const GENERAL = companyFault("new_code", "Okta");

describe("the text for a failed sign-in", () => {
  it.each(["company_unavailable", "company_clock", "company_refused", "company_invalid", "company_expired", "company_no_role", "sign_in_failed", "name_taken", "sessions_unavailable"])(
    "has words of its own for %s",
    (code) => {
      expect(companyFault(code, "Okta")).not.toBe(GENERAL);
      expect(companyRefusal(refused(code), "Okta")).toBe(companyFault(code, "Okta"));
    },
  );
  it("has a text for unknown codes, and keeps the server's sentence", () => {
    expect(GENERAL).toContain("Okta");
    expect(companyRefusal(refused("new_code"), "Okta")).toBeNull();
  });
  it("suggests another sign-in only if that may work", () => {
    expect(["disabled", "removed", "session_expired", "new_code"].map((code) => endedWords(code).includes("Sign in again"))).toEqual([false, false, true, true]);
  });
  it("mentions the session store only if that is unavailable", () => {
    expect(sessionsFault(refused("sessions_unavailable"))).not.toBeNull();
    expect(sessionsFault(refused("sign_in_failed"))).toBeNull();
    expect(sessionsFault(new Error("x"))).toBeNull();
  });
});
