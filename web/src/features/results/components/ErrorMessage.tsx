import { shownCode, shownMessage } from "../errorTypes";

/** Response code and message of a failure; JMeter's long text for a missing HTTP response is in the title only. */
export function ErrorMessage({ code, message }: { code: string; message: string }) {
  return (
    <span className="error-message" title={`${code} ${message}`.trim()}>
      {code !== "" && <code>{shownCode(code)}</code>} {message === "" ? "no message" : shownMessage(message)}
    </span>
  );
}
