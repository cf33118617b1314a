import { MiddleCut } from "@/shared/ui/MiddleCut";
import { shownCode, shownMessage } from "../errorTypes";

/** Assertions that begin alike differ in what they expected, at their end. */
const END = 16;

/** Response code and message of a failure; JMeter's long text for a missing HTTP response is in the title only. */
export function ErrorMessage({ code, message }: { code: string; message: string }) {
  const whole = `${code} ${message}`.trim();
  return (
    <span className="error-message" title={whole}>
      {code !== "" && <code>{shownCode(code)}</code>} <MiddleCut text={message === "" ? "no message" : shownMessage(message)} end={END} title={whole} />
    </span>
  );
}
