/** Response code and message of a failure. */
export function ErrorMessage({ code, message }: { code: string; message: string }) {
  return (
    <span className="error-message" title={message}>
      {code !== "" && <code>{code}</code>} {message === "" ? "no message" : message}
    </span>
  );
}
